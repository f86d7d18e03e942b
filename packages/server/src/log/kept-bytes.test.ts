import { expect, test } from 'bun:test';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { emptyWorld } from '../../testing/worlds/log-world.ts';
import { limits } from '../limits.ts';
import type { SignalingKey, SignalingRequest } from './contract.ts';
import { decideSignaling } from './decide/decide.ts';
import { worldFromLines, worldToLines } from './snapshot/snapshot.ts';
import type { World, WorldView } from './world.ts';

const app = '0123456789abcdef0123456789abcdef';
const key = (channel: string): SignalingKey => ({ app, channelType: 'MESSAGE', channel });
const random = new SimRandom(1);

const change = (
  mode: 'set' | 'remove',
  keys: readonly string[],
  value = '',
  over: { author?: string; isOwners?: boolean } = {},
): SignalingRequest => ({
  type: 'change-metadata',
  mode,
  items: keys.map((name) => ({ key: name, value, revision: -1 })),
  majorRevision: -1,
  author: 'ann',
  addTimeStamp: false,
  addUserId: false,
  lockName: '',
  ...over,
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
    authorBytes: (...of) => world.authorBytes(...of),
    textBytes: (of) => world.textBytes(of),
  };
  expect(does(world, 'one', change('set', ['topic']), full)).toMatchObject({ code: 'metadata_full' });
  expect(does(world, 'one', lock('set-lock'), full)).toMatchObject({ code: 'locks_full' });
  expect(does(world, 'two', lock('acquire-lock'), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', change('remove', ['a']), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', lock('remove-lock'), full)).toMatchObject({ ok: true });
});

test('SHARE6: what one user writes anywhere is theirs until it is removed or written over, by whomever, also after a snapshot', async () => {
  const world = emptyWorld();
  const of = (author: string) => world.authorBytes(app, author);
  does(world, 'one', change('set', ['a', 'b'], 'xy'));
  does(world, 'two', lock('set-lock'));
  expect(of('ann')).toBe(6 + 2 * limits.metadataItemBytes + limits.lockBytes);
  does(world, 'one', change('set', ['b', 'c'], 'z', { author: 'bob' }));
  expect([of('ann'), of('bob')]).toEqual([
    3 + limits.metadataItemBytes + limits.lockBytes,
    4 + 2 * limits.metadataItemBytes,
  ]);
  does(world, 'two', lock('acquire-lock'));
  expect(of('ann')).toBe(3 + limits.metadataItemBytes + limits.lockBytes);
  const again = emptyWorld();
  const lines = [...worldToLines(world, 1_000)];
  await worldFromLines(
    again,
    (async function* () {
      yield* lines;
    })(),
  );
  expect([again.authorBytes(app, 'ann'), again.authorBytes(app, 'bob')]).toEqual([of('ann'), of('bob')]);
  does(world, 'two', lock('remove-lock'));
  does(world, 'one', change('remove', []));
  expect([of('ann'), of('bob')]).toEqual([0, 0]);
});

test('SHARE6: a user who has their share gets no more of it, others and the owner do, and less is always to be had', () => {
  const world = emptyWorld();
  const value = 'v'.repeat(limits.metadataBytesMax - 1);
  let sets = 0;
  while (does(world, `c${sets}`, change('set', ['k'], value)).ok) sets++;
  expect(sets).toBeLessThanOrEqual(Math.ceil(limits.authorKeptBytesMax / limits.metadataBytesMax));
  expect(sets).toBeGreaterThan(1_000);
  expect(does(world, 'more', change('set', ['k']))).toMatchObject({ code: 'metadata_full' });
  expect(does(world, 'more', lock('set-lock'))).toMatchObject({ code: 'locks_full' });
  expect(does(world, 'more', change('set', ['k'], 'x', { author: 'bob' }))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('set', ['l'], 'x', { isOwners: true }))).toMatchObject({ ok: true });
  expect(does(world, 'c0', change('remove', []))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('remove', ['l']))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('set', ['m'], 'x'))).toMatchObject({ ok: true });
});
