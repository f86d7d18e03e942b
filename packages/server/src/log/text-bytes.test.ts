import { expect, test } from 'bun:test';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { emptyState } from '../../testing/worlds/log-world.ts';
import type { ChannelKey } from '../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../channel/command.ts';
import { entryBytes } from '../channel/text-bytes.ts';
import { limits } from '../limits.ts';
import type { JoinRequest } from './contract/commands.ts';
import { decideCommand } from './decide/command.ts';
import { decideJoin } from './decide/join.ts';
import { stateFromLines, stateToLines } from './snapshot/snapshot.ts';
import type { LogState } from './state/state.ts';

type Asked = Exclude<ChannelCommand, JoinCommand>;

const app = '0123456789abcdef0123456789abcdef';
const random = new SimRandom(1);
const stage: ChannelKey = { app, kind: 'stream', name: 'stage' };

function does(world: LogState, request: Asked | JoinRequest) {
  const decided =
    'identity' in request
      ? decideJoin(world, request, random, 1_000)
      : decideCommand(world, stage, request, 1_000);
  if (decided.ok) for (const record of decided.records) world.absorb(record);
  return decided;
}
const join = (connectionId: string): JoinRequest => ({
  key: stage,
  identity: { account: connectionId },
  connectionId,
  connectionKind: 'signaling',
  role: 'audience',
  platform: 0,
  quiet: false,
  leaseMs: 10_000,
  ip: '',
});
const set = (connectionId: string, states: Readonly<Record<string, string>>): Asked => ({
  type: 'change-states',
  connectionId,
  set: states,
  remove: [],
});
const topic = (connectionId: string, meta: string): Asked => ({
  type: 'join-topic',
  connectionId,
  topic: 'chat',
  meta,
});

function peopled(): LogState {
  const world = emptyState();
  for (const who of ['ann', 'bob']) does(world, join(who));
  does(world, set('ann', { mood: '語', hand: 'up' }));
  does(world, topic('bob', 'loud'));
  return world;
}

test('SIG161: states and topics are counted as they come, change and go, and after a restart', async () => {
  const world = peopled();
  const all = 4 + 3 + 4 + 2 + 4 + 4 + 3 * entryBytes;
  expect(world.usage.textBytes(app)).toBe(all);
  const again = emptyState();
  await stateFromLines(
    again,
    (async function* () {
      yield* stateToLines(world, 1_000);
    })(),
  );
  expect(again.usage.textBytes(app)).toBe(all);
  does(again, set('ann', { mood: '' }));
  expect(again.usage.textBytes(app)).toBe(all - 3);
  does(again, { type: 'leave-topic', connectionId: 'bob', topic: 'chat' });
  does(again, { type: 'leave', connectionId: 'ann', evidence: 'bye' });
  expect(again.usage.textBytes(app)).toBe(0);
  does(world, { type: 'leave', connectionId: 'bob', evidence: 'bye' });
  expect(world.usage.textBytes(app)).toBe(all - 8 - entryBytes);
});

test('SIG161: an app that has as much of them as it may have gets no more; what is there may change, become less, and go', () => {
  const world = peopled();
  world.usage.textBytes = () => limits.appTextBytesMax;
  expect(does(world, set('ann', { mood: 'good' }))).toMatchObject({ code: 'states_full' });
  expect(does(world, set('bob', { mood: '' }))).toMatchObject({ code: 'states_full' });
  expect(does(world, topic('bob', 'louder'))).toMatchObject({ code: 'publishers_full' });
  expect(does(world, topic('ann', ''))).toMatchObject({ code: 'publishers_full' });
  expect(does(world, set('ann', { mood: 'bad' }))).toMatchObject({ ok: true });
  expect(does(world, topic('bob', 'mute'))).toMatchObject({ ok: true });
  const remove = { type: 'change-states', connectionId: 'ann', set: {}, remove: ['hand'] } as const;
  expect(does(world, remove)).toMatchObject({ ok: true });
  expect(does(world, join('eve'))).toMatchObject({ ok: true });
  expect(does(world, { type: 'leave', connectionId: 'ann', evidence: 'bye' })).toMatchObject({ ok: true });
});

test('SIG161: no change takes them past what the app may have, and what does not grow is done even where there is more', () => {
  const max = entryBytes + 600;
  const world = emptyState(undefined, { appTextBytesMax: max });
  for (const who of ['ann', 'bob']) does(world, join(who));
  const mood = (bytes: number) => set('ann', { mood: 'v'.repeat(bytes - entryBytes - 4) });
  expect(does(world, mood(max + 1))).toMatchObject({ code: 'states_full' });
  expect(does(world, mood(max))).toMatchObject({ ok: true });
  expect(does(world, set('bob', { a: '' }))).toMatchObject({ code: 'states_full' });
  expect(does(world, topic('bob', ''))).toMatchObject({ code: 'publishers_full' });
  expect(does(world, mood(max - entryBytes - 4))).toMatchObject({ ok: true });
  expect(does(world, topic('bob', 'x'))).toMatchObject({ code: 'publishers_full' });
  expect(does(world, topic('bob', ''))).toMatchObject({ ok: true });
  expect(world.usage.textBytes(app)).toBe(max);
  const lowered = Object.assign(world, { limitsOf: () => ({ ...limits, appTextBytesMax: 10 }) });
  expect(does(lowered, mood(max - entryBytes - 3))).toMatchObject({ code: 'states_full' });
  expect(does(lowered, mood(max - entryBytes - 5))).toMatchObject({ ok: true });
  expect(does(lowered, topic('bob', 'y'))).toMatchObject({ code: 'publishers_full' });
});
