import type { ChannelEvent } from '@housecount/protocol';
import { apply, type ChannelLimits } from '../../src/channel/apply.ts';
import { type Channel, type ChannelKey, emptyChannel, liveKey } from '../../src/channel/channel.ts';
import type { ChannelCommand, ChannelRefusal, JoinCommand } from '../../src/channel/command.ts';
import { type ChannelChange, isEvent } from '../../src/channel/decision.ts';
import { evolve } from '../../src/channel/evolve.ts';
import type { Member } from '../../src/channel/membership/member.ts';

/** Limits for tests: a hundred members, ten of them broadcasters, transactions that hold them all, and a few of everything else. */
export const limitsForTests: ChannelLimits = {
  membersMax: 100,
  hostsMax: 10,
  transactionMembersMax: 1_000,
  statesMax: 2,
  metadataBytesMax: 20,
  metadataItemsMax: 9,
  locksMax: 2,
  topicsMax: 2,
  publishersMax: 5,
};

/** A channel for tests: it keeps its changes, and has commands with the dull parts filled in. */
export class TestChannel {
  state: Channel;
  readonly changes: ChannelChange[] = [];
  readonly #limits: ChannelLimits;

  constructor(limits: Partial<ChannelLimits> = {}, key: ChannelKey = liveKey('app', 'x')) {
    this.#limits = { ...limitsForTests, ...limits };
    this.state = emptyChannel(key);
  }

  /** Decides and folds; the new changes, or the refusal's code. */
  ask(nowMs: number, command: ChannelCommand): readonly ChannelChange[] | ChannelRefusal['refused'] {
    const decision = apply(this.state, command, nowMs, this.#limits);
    if ('refused' in decision) return decision.refused;
    for (const change of decision.changes) this.state = evolve(this.state, change);
    this.changes.push(...decision.changes);
    return decision.changes;
  }

  /** Decides what must not be refused. */
  must(nowMs: number, command: ChannelCommand): readonly ChannelChange[] {
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
