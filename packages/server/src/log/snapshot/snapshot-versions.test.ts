import { expect, test } from 'bun:test';
import { emptyWorld } from '../../../testing/worlds/log-world.ts';
import { worldFromLines, worldToLines } from './snapshot.ts';

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
  const world = emptyWorld();
  expect(await worldFromLines(world, linesOf(lines))).toEqual({ floorMs: 5 });
  const [state] = world.signalingStates();
  expect(state?.states.get(3)?.states).toEqual({ mood: 'good' });
  expect(state?.publishers).toMatchObject({ count: 0 });
  const again = emptyWorld();
  await worldFromLines(again, linesOf([...worldToLines(world, 5)]));
  expect([...worldToLines(again, 5)]).toEqual([...worldToLines(world, 5)]);
});

test('ACCT7: a snapshot that has a uid of every account is read: they keep theirs, and who is there counts as seen', async () => {
  const app = '0123456789abcdef0123456789abcdef';
  const before = emptyWorld();
  const join = { app, channel: 'c', sid: 'S', profile: 'live', atMs: 5, count: 1, clientSeq: 5 } as const;
  const member = { role: 'audience', platform: 7, connectionKind: 'rtc', leaseMs: 1 } as const;
  before.absorb({
    type: 'channel-opened',
    app,
    channel: 'c',
    sid: 'S',
    seq: 1,
    atMs: 5,
    count: 0,
    profile: 'live',
  });
  before.absorb({ type: 'member-joined', ...join, ...member, seq: 2, uid: 70, connectionId: 'c1' });
  const [header, ...rest] = [...worldToLines(before, 5)].filter((line) => !line.startsWith('{"seen"'));
  expect(JSON.parse(header ?? '')).toEqual({ version: 4, floorMs: 5 });
  const accounts = [
    [app, 'ann', 4_242],
    [app, '7', 7],
    [app, '8', 9],
  ].map((account) => JSON.stringify({ account }));
  const world = emptyWorld();
  await worldFromLines(world, linesOf([JSON.stringify({ version: 3, floorMs: 5 }), ...accounts, ...rest]));
  expect([...world.accounts.all(5)]).toEqual([
    { app, account: 'ann', uid: 4_242, usedMs: 5 },
    { app, account: '8', uid: 9, usedMs: 5 },
  ]);
  expect([world.seen.holder(app, 70), world.seen.holder(app, 71)]).toEqual([0, undefined]);
  const again = emptyWorld('ANOTHER KEY');
  await worldFromLines(again, linesOf([...worldToLines(world, 5)]));
  expect([...worldToLines(again, 5)]).toEqual([...worldToLines(world, 5)]);
});
