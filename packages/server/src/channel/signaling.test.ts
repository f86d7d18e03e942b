import { describe, expect, test } from 'bun:test';
import { apply } from './apply.ts';
import { type Channel as Aggregate, emptyChannel, isForgettable } from './channel.ts';
import type { ChannelCommand, JoinCommand } from './command.ts';
import { due } from './due.ts';
import { evolve } from './evolve.ts';
import type { StatesCommand } from './parts/states.ts';

const limits = {
  membersMax: 3,
  hostsMax: 0,
  linksMax: 0,
  transactionMembersMax: 1_000,
  statesMax: 2,
  metadataBytesMax: 20,
  metadataItemsMax: 9,
  locksMax: 2,
  topicsMax: 2,
  publishersMax: 4,
};

/** A signaling channel that keeps what happened to it. */
class Channel {
  state: Aggregate = emptyChannel({ app: 'app', kind: 'message', name: 'x' });
  readonly said: string[] = [];

  ask(nowMs: number, command: ChannelCommand, under = limits): string | undefined {
    const decision = apply(this.state, command, nowMs, under);
    if ('refused' in decision) return decision.refused;
    for (const change of decision.changes) {
      expect(change.atMs).toBe(nowMs);
      const about = 'uid' in change ? change.uid : 'event' in change ? change.event : '';
      this.said.push(`${change.type} ${about}`.trim());
      this.state = evolve(this.state, change);
    }
    return undefined;
  }

  get uids(): number[] {
    return this.state.sid === undefined ? [] : Array.from(this.state.roster, ({ uid }) => uid);
  }

  states(uid: number): unknown {
    return this.state.sid === undefined ? undefined : this.state.states.get(uid)?.states;
  }
}

const join = (uid: number, more: Partial<JoinCommand> = {}): ChannelCommand => ({
  type: 'join',
  connectionId: `s${uid}`,
  connectionKind: 'signaling',
  uid,
  role: 'audience',
  platform: 0,
  leaseMs: 10_000,
  newSid: 'S1',
  ...more,
});
const set = (uid: number, states: Record<string, string>): ChannelCommand => ({
  type: 'change-states',
  connectionId: `s${uid}`,
  set: states,
  remove: [],
});

describe('a signaling channel', () => {
  test('SIG1: has a life, members and leases as a live channel has', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(2_000, join(2));
    channel.ask(3_000, { type: 'silent', connectionId: 's1', lastHeardMs: 2_500, evidence: 'silence' });
    expect(due(channel.state)).toBe(12_500);
    channel.ask(12_500, { type: 'tick' });
    expect(channel.uids).toEqual([2]);
    channel.ask(13_000, { type: 'leave', connectionId: 's2', evidence: 'bye' });
    expect(channel.uids).toEqual([]);
    expect(channel.said).toEqual([
      'channel-opened',
      'member-joined 1',
      'member-joined 2',
      'link-silent 1',
      'member-left 1',
      'member-left 2',
      'channel-closed',
    ]);
    expect(channel.ask(14_000, join(4))).toBeUndefined();
  });

  test('SIG1: another session of the same user takes its place', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(2_000, set(1, { mood: 'good' }));
    channel.ask(3_000, join(1, { connectionId: 'other' }));
    expect(channel.said.slice(-2)).toEqual(['member-left 1', 'member-joined 1']);
    expect(channel.states(1)).toBeUndefined();
  });

  test('SIG2: states are merged, taken out, and gone with who had them', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(2_000, set(1, { a: '1' }));
    channel.ask(2_000, set(1, { b: '2' }));
    channel.ask(3_000, set(1, { a: '3' }));
    expect(channel.states(1)).toEqual({ a: '3', b: '2' });
    channel.ask(3_000, { type: 'change-states', connectionId: 's1', set: {}, remove: ['a', 'never'] });
    expect(channel.states(1)).toEqual({ b: '2' });
    channel.ask(4_000, { type: 'change-states', connectionId: 's1', set: { c: '9' }, remove: 'all' });
    expect(channel.states(1)).toEqual({ c: '9' });
    channel.ask(4_000, { type: 'change-states', connectionId: 's1', set: {}, remove: 'all' });
    expect(channel.states(1)).toBeUndefined();
    channel.ask(5_000, set(1, { d: '4' }));
    channel.ask(5_000, join(2));
    channel.ask(6_000, { type: 'leave', connectionId: 's1', evidence: 'bye' });
    expect(channel.state).toMatchObject({ states: { size: 0 }, textBytes: 0 });
  });

  test('LIMIT12: under a limit that was lowered states stay, and may become other or fewer', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(2_000, set(1, { a: '1', b: '2' }));
    const lowered = { ...limits, statesMax: 1 };
    const asks = (change: Partial<StatesCommand>) =>
      channel.ask(3_000, { ...set(1, {}), ...change } as ChannelCommand, lowered);
    expect(asks({ set: { c: '3' } })).toBe('states_full');
    expect(asks({ set: { b: '3' } })).toBeUndefined();
    expect(asks({ set: { c: '4' }, remove: ['b'] })).toBeUndefined();
    expect(channel.states(1)).toEqual({ a: '1', c: '4' });
    expect(asks({ remove: ['c'] })).toBeUndefined();
    expect(asks({ set: { c: '5' } })).toBe('states_full');
  });

  test('SIG2: what changes nothing makes no record; too many keys, or nobody, is refused', () => {
    const channel = new Channel();
    expect(channel.ask(1_000, set(1, { a: '1' }))).toBe('not_joined');
    channel.ask(1_000, join(1));
    channel.ask(2_000, set(1, { a: '1', b: '2' }));
    const before = channel.said.length;
    channel.ask(3_000, set(1, { b: '2' }));
    expect(channel.said).toHaveLength(before);
    expect(channel.ask(3_000, set(1, { c: '3' }))).toBe('states_full');
    expect(channel.ask(3_000, set(2, { c: '3' }))).toBe('not_joined');
    expect(channel.states(1)).toEqual({ a: '1', b: '2' });
  });

  test('SIG2: keys that objects have by themselves are keys like others', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(2_000, set(1, JSON.parse('{"__proto__":"x","constructor":"y"}')));
    expect(Object.entries(channel.states(1) ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test('SIG3: who subscribes again, by the same session, only becomes quiet or heard', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1, { quiet: true }));
    const quiet = () => {
      const { state } = channel;
      return state.sid === undefined ? undefined : state.roster.get(1)?.quiet;
    };
    expect(quiet()).toBeTrue();
    channel.ask(2_000, join(1, { quiet: true }));
    channel.ask(3_000, join(1, { quiet: false }));
    expect(quiet()).toBeUndefined();
    expect(channel.said).toEqual(['channel-opened', 'member-joined 1', 'quiet-set 1']);
  });

  test('SIG1: a lease that has ended counts before whatever else is asked', () => {
    const channel = new Channel();
    channel.ask(1_000, join(1));
    channel.ask(1_000, join(2));
    channel.ask(2_000, { type: 'silent', connectionId: 's1', lastHeardMs: 1_500, evidence: 'silence' });
    expect(channel.ask(20_000, set(1, { a: '1' }))).toBe('not_joined');
    channel.ask(20_000, set(2, { a: '1' }));
    expect(channel.said.slice(-2)).toEqual(['member-left 1', 'states-set 2']);
  });

  test('SIG6: metadata may be guarded by a lock that the writer must hold, and stays when everybody has gone', () => {
    const channel = new Channel();
    const write: ChannelCommand = {
      type: 'change-metadata',
      mode: 'set',
      items: [{ key: 'a', value: '1', revision: -1 }],
      majorRevision: -1,
      author: 'ann',
      addTimeStamp: false,
      addUserId: false,
      lockName: 'l',
    };
    expect(channel.ask(1_000, write)).toBe('lock_not_held');
    channel.ask(1_000, { type: 'set-lock', name: 'l', ttlMs: 10_000, by: 'bob' });
    channel.ask(1_000, { type: 'acquire-lock', name: 'l', by: 'ann' });
    expect(channel.ask(2_000, write)).toBeUndefined();
    expect(channel.ask(2_000, { ...write, author: 'bob' })).toBe('lock_not_held');
    channel.ask(3_000, join(1));
    channel.ask(4_000, { type: 'leave', connectionId: 's1', evidence: 'bye' });
    expect(channel.state.metadata.items).toEqual({ a: { value: '1', revision: 2_000, by: 'ann' } });
    expect(isForgettable(channel.state)).toBeFalse();
    channel.ask(5_000, { ...write, mode: 'remove', items: [], lockName: '' });
    channel.ask(6_000, { type: 'remove-lock', name: 'l', by: 'bob' });
    expect(isForgettable(channel.state)).toBeTrue();
  });

  test('SIG7: a lock runs out by itself, in its turn', () => {
    const channel = new Channel();
    channel.ask(1_000, { type: 'set-lock', name: 'l', ttlMs: 10_000, by: 'ann' });
    channel.ask(1_000, { type: 'acquire-lock', name: 'l', by: 'ann' });
    channel.ask(2_000, { type: 'lock-holder', owner: 'ann', offlineSinceMs: 2_000 });
    expect(due(channel.state)).toBe(12_000);
    channel.ask(12_000, { type: 'tick' });
    expect(channel.said.slice(-1)).toEqual(['lock-changed EXPIRED']);
    expect(due(channel.state)).toBeUndefined();
  });

  test('SIG1: there is room for so many', () => {
    const channel = new Channel();
    for (const uid of [1, 2, 3]) channel.ask(1_000, join(uid));
    expect(channel.ask(1_000, join(4))).toBe('channel_full');
  });
});
