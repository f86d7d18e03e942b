import type {
  RosterPoint,
  SignalingRosterChange,
  SignalingRosterFrame,
  SignalingRosterMember,
  SignalingServerFrame,
} from '@housecount/protocol';
import { keyOf, rangeOf } from '../../src/rosters/window.ts';

/** A model for tests: a client as docs/signaling.md describes it, which knows what it was told of one channel and nothing else. */
export class RosterModel {
  /** All of it, in order of arrival; undefined before the first whole snapshot. */
  all: Map<string, SignalingRosterMember> | undefined;
  stream = '';
  seq = 0;
  at: RosterPoint = {};
  count = 0;
  /** The counts, by view. */
  readonly counts = new Map<string, readonly [number, number, number, number]>();
  readonly windows = new Map<string, { seq: number; members: readonly SignalingRosterMember[] }>();
  /** Every change that was applied, in order. */
  readonly changes: SignalingRosterChange[] = [];
  snapshots = 0;
  #pages: SignalingRosterMember[] = [];

  take(frame: SignalingServerFrame): void {
    if (!frame.type.startsWith('roster-')) return;
    const roster = frame as SignalingRosterFrame;
    switch (roster.type) {
      case 'roster-snapshot': {
        this.#pages.push(...roster.members);
        if (!roster.last) return;
        this.all = new Map(this.#pages.map((member) => [member.userId, member]));
        this.#pages = [];
        this.snapshots += 1;
        this.stream = roster.stream;
        this.#stands(roster.seq, roster.at, roster.count);
        return;
      }
      case 'roster-changes': {
        if (roster.stream !== this.stream || !this.all) throw new Error('changes of another stream');
        for (const change of roster.changes) {
          if (change.seq <= this.seq) continue;
          if (change.seq !== this.seq + 1) throw new Error(`from ${this.seq} to ${change.seq}`);
          this.seq = change.seq;
          this.#apply(this.all, change);
        }
        if (roster.at) this.#stands(roster.seq, roster.at, roster.count ?? -1);
        return;
      }
      case 'roster-count':
        this.#counted('count', roster);
        return;
      case 'roster-window': {
        const view = viewOf(roster.view);
        this.#counted(view, roster);
        this.windows.set(view, { seq: roster.seq, members: roster.members });
        return;
      }
      case 'roster-window-changes': {
        const view = viewOf(roster.view);
        const known = this.windows.get(view);
        if (!known) throw new Error(`nothing is known of ${view}`);
        if (known.seq !== roster.after) throw new Error(`${roster.after} is not ${known.seq}`);
        const { left = [], changed = [], entered = [] } = roster;
        const here = new Set(known.members.map(({ userId }) => userId));
        for (const userId of [...left, ...changed.map((member) => member.userId)])
          if (!here.has(userId)) throw new Error(`${userId} is not in the window`);
        const rest = known.members.filter(({ userId }) => !left.includes(userId));
        const members = rest.map(
          (member) => changed.find(({ userId }) => userId === member.userId) ?? member,
        );
        this.#counted(view, roster);
        this.windows.set(view, { seq: roster.seq, members: [...members, ...entered] });
        return;
      }
    }
  }

  get members(): readonly SignalingRosterMember[] {
    return [...(this.all?.values() ?? [])];
  }

  #stands(seq: number, at: RosterPoint, count: number): void {
    this.seq = Math.max(this.seq, seq);
    if (this.seq > seq) return;
    this.at = at;
    this.count = count;
    if (this.all?.size !== count) throw new Error(`${this.all?.size} are known of ${count}`);
  }

  #apply(all: Map<string, SignalingRosterMember>, change: SignalingRosterChange): void {
    this.changes.push(change);
    if (change.type === 'left') {
      if (!all.delete(change.userId)) throw new Error(`${change.userId} leaves and is not there`);
      return;
    }
    const { userId } = change.member;
    if (all.has(userId) !== (change.type === 'changed')) throw new Error(`${userId} ${change.type}`);
    all.set(userId, change.member);
  }

  #counted(
    view: string,
    {
      count,
      hosts,
      audience,
      interrupted,
    }: { count: number; hosts: number; audience: number; interrupted: number },
  ): void {
    this.counts.set(view, [count, hosts, audience, interrupted]);
  }
}

const viewOf = (view: { readonly from: number; readonly count: number }): string => keyOf(rangeOf(view));
