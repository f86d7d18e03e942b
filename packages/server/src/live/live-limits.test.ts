import { afterEach, expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { type TestSocket, TestWorld, testApp, token } from '../../testing/worlds/live-world.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { JoinBudgets } from './join-budgets.ts';

let world: TestWorld | undefined;
async function begin(over: Parameters<typeof TestWorld.start>[0]): Promise<TestWorld> {
  world = await TestWorld.start(over);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test('LIMIT7: a hello is waited for as long as helloMs says', async () => {
  const w = await begin({ helloMs: 1_000 });
  const socket = w.connect();
  await w.advance(900);
  expect(socket.closed).toBeUndefined();
  await w.advance(100 + 2 * fixed.sweepMs);
  expect(socket.closed?.reason).toBe('hello_timeout');
});

test('LIMIT7: the closing handshake is waited for as long as closingMs says', async () => {
  const w = await begin({ closingMs: 10 * limits.closingMs });
  const socket = w.connect();
  let isCut = false;
  // The path is dead: no close frame comes back.
  socket.close = () => undefined;
  socket.terminate = () => {
    isCut = true;
    w.sockets.delete(socket);
    socket.handler?.onClosed();
  };
  await socket.says('not json');
  await w.advance(9 * limits.closingMs);
  expect(isCut).toBe(false);
  await w.advance(limits.closingMs + 2 * fixed.sweepMs);
  expect(isCut).toBe(true);
});

test('LIMIT7: a socket is cut when more waits for it than socketBacklogBytesMax says', async () => {
  const w = await begin({ socketBacklogBytesMax: 1_000 });
  const [slow, slower] = [await w.hello({ uid: 1 }), await w.hello({ uid: 2 })];
  slow.backlog = 1_000;
  slower.backlog = 1_001;
  await w.advance(2 * fixed.sweepMs);
  expect([slow.closed?.reason, slower.closed?.reason]).toEqual([undefined, 'slow_reader']);
});

/** A reader of the roster that goes, and knows all up to a cursor; with it, whether it is told the changes alone. */
async function reader(w: TestWorld) {
  const socket = await w.hello({ uid: 1 });
  await socket.says({ type: 'subscribe-roster', id: 1 });
  await w.crowd(10, 12);
  const { sid } = socket.welcome;
  const after = w.lobby()?.seq ?? 0;
  const snapshots = (): number => socket.all('roster-snapshot').length;
  return {
    goes: () => socket.says({ type: 'unsubscribe-roster', id: 2 }),
    async isToldChanges(): Promise<boolean> {
      const before = snapshots();
      await socket.says({ type: 'subscribe-roster', id: 3, sid, after });
      return snapshots() === before;
    },
  };
}

test.each([
  ['rosterRingChangesMax', { rosterRingChangesMax: 4 }],
  ['rosterRingChangesTotalMax', { rosterRingChangesMax: 16, rosterRingChangesTotalMax: 8 }],
])('LIMIT7: so many changes of a roster are kept as %s says', async (_, over) => {
  const w = await begin(over);
  const there = await reader(w);
  await there.goes();
  await w.crowd(20, 24);
  expect(await there.isToldChanges()).toBe(true);
  await there.goes();
  await w.crowd(30, 40);
  expect(await there.isToldChanges()).toBe(false);
});

test('LIMIT7: the changes of a roster are kept for as long as rosterRingIdleMs says', async () => {
  const w = await begin({ rosterRingIdleMs: 2_000 });
  const there = await reader(w);
  await there.goes();
  await w.advance(1_000);
  expect(await there.isToldChanges()).toBe(true);
  await there.goes();
  await w.advance(4_000);
  expect(await there.isToldChanges()).toBe(false);
});

test('LIMIT7: a reader that does not take its snapshot is cut when more changes wait than rosterWaitingBytesMax says', async () => {
  const w = await begin({ rosterWaitingBytesMax: 3_000 });
  await w.crowd(10, 100);
  const slow = await w.hello({ uid: 1 });
  slow.backlog = fixed.rosterWindowBytes + 1;
  await slow.says({ type: 'subscribe-roster', id: 1 });
  await w.crowd(200, 203);
  expect(slow.closed).toBeUndefined();
  await w.crowd(300, 399);
  await w.advance(1_000);
  expect(slow.closed?.reason).toBe('slow_reader');
});

test('LIMIT7: so many windows are for those whose token has a publish privilege as rosterWindowsReserved says', async () => {
  const w = await begin({ rosterWindowsMax: 1, rosterWindowsReserved: 1 });
  await w.crowd(10, 14);
  const asks = async (socket: TestSocket, from: number) => {
    await socket.says({ type: 'subscribe-roster', id: from, view: { from, count: 3 } });
    return socket.all('error').at(-1)?.code ?? 'ok';
  };
  const viewer = { app: testApp.id, token: token({ role: 'audience' }) };
  expect([
    await asks(await w.hello({ uid: 1, ...viewer }), 1),
    await asks(await w.hello({ uid: 2, ...viewer }), 2),
    await asks(await w.hello({ uid: 3, role: 'broadcaster' }), 3),
    await asks(await w.hello({ uid: 4, role: 'broadcaster' }), 4),
  ]).toEqual(['ok', 'windows_full', 'ok', 'windows_full']);
});

test('LIMIT7: joins, and changes of members, are as often as the limits of the options say', async () => {
  const clock = new SimClock(1_700_000_000_000);
  const budgets = new JoinBudgets(
    clock.process(),
    { perAddress: 2, perToken: 1_000 },
    {
      joinBucketsMax: 3,
      joinBurstSeconds: 5,
      memberChangesBurst: 4,
      memberChangesPerSecondMax: 3,
      ownTokenJoinsBurst: 7,
      ownTokenJoinsPerSecondMax: 6,
    },
  );
  const taken = (take: () => boolean): number => {
    let count = 0;
    while (count < 1_000 && take()) count += 1;
    return count;
  };
  let own = 0;
  const fromOneAddress = () =>
    budgets.takeJoin({ address: '192.0.2.1', token: `own ${own++}`, isForOne: true });
  const withOneToken = () =>
    budgets.takeJoin({ address: `198.51.100.${own++ % 250}`, token: 'of ann', isForOne: true });
  const changes = () => budgets.takeChange('one');
  expect([taken(withOneToken), taken(changes)]).toEqual([7, 4]);
  await clock.advance(1_000);
  expect([taken(withOneToken), taken(changes), taken(fromOneAddress)]).toEqual([6, 3, 2 * 5]);
  // Others come, and what was left of the first is forgotten.
  for (const other of ['two', 'three']) budgets.takeChange(other);
  expect(changes()).toBe(false);
  for (const other of ['four', 'five', 'six']) budgets.takeChange(other);
  expect(changes()).toBe(true);
});
