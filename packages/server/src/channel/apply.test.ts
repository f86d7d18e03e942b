import { describe, expect, test } from 'bun:test';
import { apply } from './apply.ts';
import { evolve } from './evolve.ts';
import { closedChannel } from './state.ts';

describe('apply', () => {
  test('CHAN1: the first join opens the channel, the last leave closes it', () => {
    const limits = { membersMax: 10, hostsMax: 2 };
    const closed = closedChannel('a', 'x');
    const join = apply(
      closed,
      {
        type: 'join',
        connectionId: 'c1',
        connectionKind: 'rtc',
        uid: 7,
        role: 'audience',
        platform: 7,
        leaseMs: 10_000,
        newSid: 'S1',
      },
      1000,
      limits,
    );
    if ('refused' in join) throw new Error(join.refused);
    expect(join.records.map(({ type }) => type)).toEqual(['channel-opened', 'member-joined']);
    const open = join.records.reduce(evolve, closed as Parameters<typeof evolve>[0]);
    const leave = apply(open, { type: 'leave', connectionId: 'c1', evidence: 'bye' }, 2000, limits);
    if ('refused' in leave) throw new Error(leave.refused);
    expect(leave.records.map(({ type }) => type)).toEqual(['member-left', 'channel-closed']);
    expect(leave.records.reduce(evolve, open).sid).toBeUndefined();
  });
});
