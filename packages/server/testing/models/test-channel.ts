import type { ChannelEvent } from '@housecount/protocol';
import { apply, type ChannelLimits } from '../../src/channel/apply.ts';
import { type Channel, type ChannelKey, emptyChannel, liveKey } from '../../src/channel/channel.ts';
import type { ChannelCommand, ChannelRefusal, JoinCommand } from '../../src/channel/command.ts';
import { type ChannelChange, isEvent } from '../../src/channel/decision.ts';
import { evolve } from '../../src/channel/evolve.ts';
import type { Member } from '../../src/channel/membership/member.ts';
import { evolveShared, type SharedChange } from '../../src/channel/shared-change.ts';

/** Limits for tests: a hundred members, ten of them broadcasters, transactions that hold them all, and a few of everything else. */
export const limitsForTests: ChannelLimits = {
  membersMax: 100,
  hostsMax: 10,
  linksMax: 100,
  transactionMembersMax: 1_000,
  statesMax: 2,
  metadataBytesMax: 20,
  metadataItemsMax: 9,
  locksMax: 2,
  topicsMax: 2,
  publishersMax: 5,
};

/** What happens to every channel at once, and nobody asks of one: the server starts again, is blind, or shows who is not back. */
export type Happening =
  | { readonly type: 'recover'; readonly lastAliveMs: number; readonly recoveryMs: number }
  | { readonly type: 'blind'; readonly blindMs: number; readonly endsFromMs?: number }
  | { readonly type: 'show' };

export type AnyChange = ChannelChange | SharedChange;

/** The record of it, as the log would have it. */
function recordOf(nowMs: number, happening: Happening): SharedChange {
  switch (happening.type) {
    case 'recover': {
      const { lastAliveMs, recoveryMs } = happening;
      const node = { node: 'main', incarnation: 'one', on: 1, wasLast: true } as const;
      return { type: 'node-lost', ...node, atMs: nowMs, lastAliveMs, leaseEndsMs: nowMs + recoveryMs };
    }
    case 'blind':
      return { ...happening, atMs: nowMs };
    case 'show':
      return { type: 'absent-shown', atMs: nowMs };
  }
}

const isHappening = (command: ChannelCommand | Happening): command is Happening =>
  command.type === 'recover' || command.type === 'blind' || command.type === 'show';

const isShared = (change: AnyChange): change is SharedChange =>
  change.type === 'node-lost' || change.type === 'blind' || change.type === 'absent-shown';

/** The channel after any change of it, or of all. */
export const evolveAny = (channel: Channel, change: AnyChange): Channel =>
  isShared(change) ? evolveShared(channel, change) : evolve(channel, change);

/** A channel for tests: it keeps its changes, and has commands with the dull parts filled in. */
export class TestChannel {
  state: Channel;
  readonly changes: ChannelChange[] = [];
  /** The same with what happened to every channel at once. */
  readonly history: AnyChange[] = [];
  readonly #limits: ChannelLimits;

  constructor(limits: Partial<ChannelLimits> = {}, key: ChannelKey = liveKey('app', 'x')) {
    this.#limits = { ...limitsForTests, ...limits };
    this.state = emptyChannel(key);
  }

  /** Decides and folds; the new changes, or the refusal's code. */
  ask(
    nowMs: number,
    command: ChannelCommand | Happening,
  ): readonly ChannelChange[] | ChannelRefusal['refused'] {
    if (isHappening(command)) {
      const shared = recordOf(nowMs, command);
      this.state = evolveShared(this.state, shared);
      this.history.push(shared);
      return [];
    }
    const decision = apply(this.state, command, nowMs, this.#limits);
    if ('refused' in decision) return decision.refused;
    for (const change of decision.changes) this.state = evolve(this.state, change);
    this.changes.push(...decision.changes);
    this.history.push(...decision.changes);
    return decision.changes;
  }

  /** Decides what must not be refused. */
  must(nowMs: number, command: ChannelCommand | Happening): readonly ChannelChange[] {
    const changes = this.ask(nowMs, command);
    if (typeof changes === 'string') throw new Error(`refused ${changes}`);
    return changes;
  }

  /** Joins those uids as audience over rtc, by connections `c<uid>`. */
  joined(nowMs: number, ...uids: readonly number[]): this {
    for (const uid of uids) this.must(nowMs, join(uid));
    return this;
  }

  member(uid: number): Member {
    const member = this.state.sid === undefined ? undefined : this.state.roster.get(uid);
    if (!member) throw new Error(`uid ${uid} is not in the channel`);
    return member;
  }

  get uids(): number[] {
    return this.state.sid === undefined ? [] : Array.from(this.state.roster, ({ uid }) => uid);
  }
}

/** A join of `uid` by connection `c<uid>`: rtc, audience, a lease of 10 s. */
export const join = (uid: number, more: Partial<JoinCommand> = {}): JoinCommand => ({
  type: 'join',
  connectionId: `c${uid}`,
  connectionKind: 'rtc',
  uid,
  role: 'audience',
  platform: 7,
  leaseMs: 10_000,
  newSid: 'S1',
  ...more,
});

export const events = (changes: readonly ChannelChange[] | string): ChannelEvent[] => {
  if (typeof changes === 'string') throw new Error(`refused ${changes}`);
  return changes.filter(isEvent);
};

/** `type seq count` of each event, and the bare type of each other change. */
export const outline = (changes: readonly ChannelChange[] | string): string[] => {
  if (typeof changes === 'string') throw new Error(`refused ${changes}`);
  return changes.map((change) =>
    isEvent(change) ? `${change.type} ${change.seq} ${change.count}` : change.type,
  );
};
