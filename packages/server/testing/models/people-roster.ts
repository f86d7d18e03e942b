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
  /** What it was told and could not be, where whoever gives it the frames would not hear of it. */
  readonly faults: unknown[] = [];
  #pages: SignalingRosterMember[] = [];

  take(frame: SignalingServerFrame): void {
    if (!frame.type.startsWith('roster-')) return;
    const roster = frame as SignalingRosterFrame;
    switch (roster.type) {
      case 'roster-snapshot': {
        this.#pages.push(...roster.members);
        if (!roster.last) return;
        this.all = new Map(this.#pages.map((member) => [member.userId, member]));
        eachOnce(this.all.values());
        this.#pages = [];
        this.snapshots += 1;
        if (roster.stream !== this.stream) this.seq = 0;
        this.stream = roster.stream;
        this.#stands(roster.seq, roster.at, roster.count);
        return;
      }
      case 'roster-changes': {
        if (roster.stream !== this.stream || !this.all) throw new Error('changes of another stream');
        for (const [at, change] of roster.changes.entries()) {
          if (change.seq <= this.seq) continue;
          if (change.seq !== this.seq + 1) throw new Error(`from ${this.seq} to ${change.seq}`);
          this.seq = change.seq;
          this.#apply(this.all, change);
          if (change.type === 'left' && change.into !== undefined)
            isToldOf(change.into, roster.changes[at + 1]);
        }
        eachOnce(this.all.values());
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
        eachOnce([...members, ...entered]);
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

/** Nobody is told without the other: who goes on as part of a user, and what becomes of the user. */
function isToldOf(userId: string, change: SignalingRosterChange | undefined): void {
  if (!change || !('member' in change) || change.member.userId !== userId)
    throw new Error(`nothing is said of ${userId}, but ${JSON.stringify(change)}`);
}

/** A member of the live channel is part of one person at any moment. */
export function eachOnce(people: Iterable<Pick<SignalingRosterMember, 'userId' | 'states'>>): void {
  const known = new Map<string, string>();
  for (const { userId, states } of people) {
    const { role, uid, uids = uid } = states;
    if (role === undefined) continue;
    for (const each of uids?.split(',') ?? []) {
      const other = known.get(each);
      if (other !== undefined) throw new Error(`${each} is ${other} and ${userId}`);
      known.set(each, userId);
    }
  }
}

const viewOf = (view: { readonly from: number; readonly count: number }): string => keyOf(rangeOf(view));
