import { expect, test } from 'bun:test';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { emptyState } from '../../testing/worlds/log-world.ts';
import { asRecord } from '../../testing/worlds/records.ts';
import { liveKey } from '../channel/channel.ts';
import { limits } from '../limits.ts';
import type { JoinRequest } from './contract/commands.ts';
import { decideCommand } from './decide/command.ts';
import type { Decided } from './decide/decided.ts';
import { decideJoin } from './decide/join.ts';
import type { LogState } from './state/state.ts';

const app = '0123456789abcdef0123456789abcdef';
const random = new SimRandom(3);
const nowMs = 1_700_000_000_000;

/** Applies a decision, as after its records are durable. */
function done(world: LogState, decided: Decided): string {
  if (!decided.ok) return decided.code;
  for (const record of decided.records) world.absorb(record);
  return 'ok';
}

const joins = (world: LogState, uid: number, over: Partial<JoinRequest> = {}): string => {
  const request: JoinRequest = {
    key: liveKey(app, 'c'),
    identity: { uid },
    connectionId: `c${uid}`,
    connectionKind: 'rtc',
    role: 'broadcaster',
    platform: 7,
    leaseMs: 10_000,
    ip: '',
    ...over,
  };
  return done(world, decideJoin(world, request, random, nowMs));
};

test('SHARE5: the last places of broadcasters are for those whose token has a publish privilege, at a join and at a change of role', () => {
  const world = emptyState();
  const { channelHostsMax: all, channelHostsReserved: kept } = limits;
  for (let uid = 1; uid <= all - kept; uid++) expect(joins(world, uid, { mayPublish: false })).toBe('ok');
  expect(joins(world, 1_000, { mayPublish: false })).toBe('hosts_full');
  expect(joins(world, 1_001, { role: 'audience', mayPublish: false })).toBe('ok');
  const setRole = { type: 'set-role', connectionId: 'c1001', role: 'broadcaster' } as const;
  const asks = (mayPublish: boolean) =>
    done(world, decideCommand(world, liveKey(app, 'c'), { ...setRole, mayPublish }, nowMs));
  expect(asks(false)).toBe('hosts_full');
  expect(asks(true)).toBe('ok');
  for (let uid = 2_000; uid < 2_000 + kept - 1; uid++)
    expect(joins(world, uid, { mayPublish: true })).toBe('ok');
  expect(joins(world, 3_000, { mayPublish: true })).toBe('hosts_full');
});

test('SHARE5: a broadcaster finds a place in a channel that is full of audience', () => {
  const world = emptyState();
  const base = { app, channel: 'c', sid: 'S', profile: 'live', atMs: nowMs, clientSeq: nowMs } as const;
  const member = { role: 'audience', platform: 7, connectionKind: 'rtc', leaseMs: 10_000 } as const;
  world.absorb(asRecord({ ...base, type: 'channel-opened', seq: 1, count: 0 }));
  for (let uid = 1; uid <= limits.channelMembersMax; uid++)
    world.absorb(
      asRecord({
        ...base,
        ...member,
        type: 'member-joined',
        seq: uid + 1,
        count: uid,
        uid,
        connectionId: `c${uid}`,
      }),
    );
  expect(joins(world, 500_000, { role: 'audience' })).toBe('channel_full');
  expect(joins(world, 500_001)).toBe('ok');
  expect(joins(world, 500_002, { mayPublish: false })).toBe('ok');
});

test('CHAN19: a broadcaster over the limit of broadcasters is told so, in a channel without room for members too', () => {
  const world = emptyState(undefined, { channelMembersMax: 2, channelHostsMax: 2, channelHostsReserved: 1 });
  for (const uid of [1, 2]) expect(joins(world, uid, { role: 'audience' })).toBe('ok');
  expect(joins(world, 3, { role: 'audience' })).toBe('channel_full');
  for (const uid of [4, 5]) expect(joins(world, uid)).toBe('ok');
  expect(joins(world, 6)).toBe('hosts_full');
  expect(joins(world, 6, { role: 'audience' })).toBe('channel_full');
  // Who steps down keeps its place, and so many members more is the end.
  const steps = { type: 'set-role', connectionId: 'c4', role: 'audience' } as const;
  expect(done(world, decideCommand(world, liveKey(app, 'c'), steps, nowMs))).toBe('ok');
  expect(joins(world, 6)).toBe('channel_full');
});
