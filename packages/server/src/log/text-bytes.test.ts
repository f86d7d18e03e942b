import { expect, test } from 'bun:test';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { emptyWorld } from '../../testing/worlds/log-world.ts';
import { entryBytes } from '../channel/text-bytes.ts';
import { limits } from '../limits.ts';
import type { SignalingKey, SignalingRequest } from './contract.ts';
import { decideSignaling } from './decide/decide.ts';
import { worldFromLines, worldToLines } from './snapshot/snapshot.ts';
import type { World } from './world.ts';

const app = '0123456789abcdef0123456789abcdef';
const random = new SimRandom(1);
const stage: SignalingKey = { app, channelType: 'STREAM', channel: 'stage' };

function does(world: World, request: SignalingRequest) {
  const decided = decideSignaling(world, stage, request, random, 1_000);
  if (decided.ok) for (const record of decided.records) world.absorb(record);
  return decided;
}
const join = (connectionId: string): SignalingRequest => ({
  type: 'join',
  identity: { account: connectionId },
  connectionId,
  quiet: false,
  leaseMs: 10_000,
  ip: '',
});
const set = (connectionId: string, states: Readonly<Record<string, string>>): SignalingRequest => ({
  type: 'change-states',
  connectionId,
  set: states,
  remove: [],
});
const topic = (connectionId: string, meta: string): SignalingRequest => ({
  type: 'join-topic',
  connectionId,
  topic: 'chat',
  meta,
});

function peopled(): World {
  const world = emptyWorld();
  for (const who of ['ann', 'bob']) does(world, join(who));
  does(world, set('ann', { mood: '語', hand: 'up' }));
  does(world, topic('bob', 'loud'));
  return world;
}

test('SIG161: states and topics are counted as they come, change and go, and after a restart', async () => {
  const world = peopled();
  const all = 4 + 3 + 4 + 2 + 4 + 4 + 3 * entryBytes;
  expect(world.textBytes(app)).toBe(all);
  const again = emptyWorld();
  await worldFromLines(
    again,
    (async function* () {
      yield* worldToLines(world, 1_000);
    })(),
  );
  expect(again.textBytes(app)).toBe(all);
  does(again, set('ann', { mood: '' }));
  expect(again.textBytes(app)).toBe(all - 3);
  does(again, { type: 'leave-topic', connectionId: 'bob', topic: 'chat' });
  does(again, { type: 'leave', connectionId: 'ann', evidence: 'bye' });
  expect(again.textBytes(app)).toBe(0);
  does(world, { type: 'leave', connectionId: 'bob', evidence: 'bye' });
  expect(world.textBytes(app)).toBe(all - 8 - entryBytes);
});

test('SIG161: an app that has as much of them as it may have gets no more; what is there may change, become less, and go', () => {
  const world = peopled();
  world.textBytes = () => limits.appTextBytesMax;
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
