import { expect, test } from 'bun:test';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { limits } from '../limits.ts';
import type { SignalingKey, SignalingRequest } from './contract.ts';
import { decideSignaling } from './decide.ts';
import type { World, WorldView } from './world.ts';
import { emptyWorld } from './world-for-tests.ts';

const app = '0123456789abcdef0123456789abcdef';
const key = (channel: string): SignalingKey => ({ app, channelType: 'MESSAGE', channel });
const random = new SimRandom(1);

const change = (mode: 'set' | 'remove', keys: readonly string[], value = ''): SignalingRequest => ({
  type: 'change-metadata',
  mode,
  items: keys.map((name) => ({ key: name, value, revision: -1 })),
  majorRevision: -1,
  author: 'ann',
  addTimeStamp: false,
  addUserId: false,
  lockName: '',
});
const lock = (type: 'set-lock' | 'acquire-lock' | 'remove-lock'): SignalingRequest =>
  type === 'set-lock'
    ? { type, name: 'stage', ttlMs: 10_000, by: 'ann' }
    : { type, name: 'stage', by: 'ann' };

function does(world: World, channel: string, request: SignalingRequest, view: WorldView = world) {
  const decided = decideSignaling(view, key(channel), request, random, 1_000);
  if (decided.ok) for (const record of decided.records) world.absorb(record);
  return decided;
}

test('SIG130: the metadata and locks of an app are counted as they come, change and go', () => {
  const world = emptyWorld();
  does(world, 'one', change('set', ['topic'], '語'));
  does(world, 'two', change('set', ['a', 'b'], 'xy'));
  expect(world.keptBytes(app)).toBe(5 + 3 + 6 + 3 * limits.metadataItemBytes);
  does(world, 'two', change('set', ['a'], 'x'));
  does(world, 'two', lock('set-lock'));
  does(world, 'two', lock('acquire-lock'));
  expect(world.keptBytes(app)).toBe(8 + 5 + 3 * limits.metadataItemBytes + limits.lockBytes);
  does(world, 'two', change('remove', []));
  does(world, 'two', lock('remove-lock'));
  does(world, 'one', change('remove', ['topic']));
  expect(world.keptBytes(app)).toBe(0);
});

test('SIG130: an app that has as much of them as it may have gets no more, can read and remove, and use its locks', () => {
  const world = emptyWorld();
  does(world, 'two', change('set', ['a'], 'x'));
  does(world, 'two', lock('set-lock'));
  const full: WorldView = {
    accounts: world.accounts,
    accountUids: world.accountUids,
    isAccountKeyKept: true,
    seen: world.seen,
    messageTimes: world.messageTimes,
    rules: world.rules,
    state: (...of) => world.state(...of),
    openCount: (of) => world.openCount(of),
    signaling: (of) => world.signaling(of),
    signalingCount: (of) => world.signalingCount(of),
    keptBytes: () => limits.appKeptBytesMax,
    textBytes: (of) => world.textBytes(of),
  };
  expect(does(world, 'one', change('set', ['topic']), full)).toMatchObject({ code: 'metadata_full' });
  expect(does(world, 'one', lock('set-lock'), full)).toMatchObject({ code: 'locks_full' });
  expect(does(world, 'two', lock('acquire-lock'), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', change('remove', ['a']), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', lock('remove-lock'), full)).toMatchObject({ ok: true });
});
