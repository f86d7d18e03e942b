import type { ChannelEvent } from '@housecount/protocol';
import { apply, type ChannelLimits } from '../../src/channel/apply.ts';
import type { ChannelCommand, ChannelRefusal, JoinCommand } from '../../src/channel/command.ts';
import { type ChannelRecord, isMark } from '../../src/channel/decision.ts';
import { evolve } from '../../src/channel/evolve.ts';
import { type ChannelState, closedChannel, type Member } from '../../src/channel/state.ts';

/** For tests: a channel that keeps its records, and commands with the dull parts filled in. */
export class TestChannel {
  state: ChannelState = closedChannel('app', 'x');
  readonly records: ChannelRecord[] = [];
  readonly #limits: ChannelLimits;

  constructor(limits: Partial<ChannelLimits> = {}) {
    this.#limits = { membersMax: 100, hostsMax: 10, ...limits };
  }

  /** Decides and folds; the new records, or the refusal's code. */
  ask(nowMs: number, command: ChannelCommand): readonly ChannelRecord[] | ChannelRefusal['refused'] {
    const decision = apply(this.state, command, nowMs, this.#limits);
    if ('refused' in decision) return decision.refused;
    for (const record of decision.records) this.state = evolve(this.state, record);
    this.records.push(...decision.records);
    return decision.records;
  }

  /** Decides what must not be refused. */
  must(nowMs: number, command: ChannelCommand): readonly ChannelRecord[] {
    const records = this.ask(nowMs, command);
    if (typeof records === 'string') throw new Error(`refused ${records}`);
    return records;
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

export const events = (records: readonly ChannelRecord[] | string): ChannelEvent[] => {
  if (typeof records === 'string') throw new Error(`refused ${records}`);
  return records.filter((record): record is ChannelEvent => !isMark(record));
};

/** `type seq count` of each event, and the bare type of each mark. */
export const outline = (records: readonly ChannelRecord[] | string): string[] => {
  if (typeof records === 'string') throw new Error(`refused ${records}`);
  return records.map((record) =>
    isMark(record) ? record.type : `${record.type} ${record.seq} ${record.count}`,
  );
};
