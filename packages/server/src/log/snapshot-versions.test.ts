import { expect, test } from 'bun:test';
import { worldFromLines, worldToLines } from './snapshot.ts';
import { World } from './world.ts';

async function* linesOf(lines: readonly string[]) {
  yield* lines;
}

test('SIG62: a snapshot of a server that knew no topics is read, and nobody publishes', async () => {
  const key = { app: '0123456789abcdef0123456789abcdef', channelType: 'MESSAGE', channel: 'x' };
  const presence = { version: 1, app: key.app, channel: 'x', lastAtMs: 5, members: 0, departed: 0 };
  const metadata = { majorRevision: 7, items: { a: { key: 'a', value: 'b', revision: 7 } } };
  const lines = [
    { version: 2, floorMs: 5 },
    { signaling: key, lines: 2, states: 1, metadata, locks: {} },
    presence,
    { uid: 3, states: { mood: 'good' } },
  ].map((line) => JSON.stringify(line));
  const world = new World();
  expect(await worldFromLines(world, linesOf(lines))).toEqual({ floorMs: 5 });
  const [state] = world.signalingStates();
  expect(state?.states.get(3)?.states).toEqual({ mood: 'good' });
  expect(state?.publishers).toMatchObject({ count: 0 });
  const again = new World();
  await worldFromLines(again, linesOf([...worldToLines(world, 5)]));
  expect([...worldToLines(again, 5)]).toEqual([...worldToLines(world, 5)]);
});
