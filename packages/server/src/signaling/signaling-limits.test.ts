import { afterEach, expect, test } from 'bun:test';
import { app, SignalingWorld, subscription, type TestClient } from '../../testing/worlds/signaling-world.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { OwnerRates } from './session/rates/owner-rates.ts';
import { RecentRates } from './session/rates/recent-rates.ts';
import { defaultAppSignalingLimits, type SignalingLimits } from './signaling-limits.ts';

let world: SignalingWorld | undefined;
async function begin(
  over: Partial<SignalingLimits>,
  settings: Partial<typeof app.signaling> = {},
): Promise<SignalingWorld> {
  world = await SignalingWorld.start({ signaling: { ...app.signaling, ...settings } }, false, {
    limits: over,
  });
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** Viewers of the live channel. */
async function crowd(w: SignalingWorld, from: number, to: number, channel = 'lobby'): Promise<void> {
  const joins = [];
  for (let uid = from; uid <= to; uid += 1) joins.push(w.joins({ uid }, { channel }));
  await w.advance(20);
  await Promise.all(joins);
}
const types = (client: TestClient, channel?: string) => client.presence(channel).map(({ type }) => type);

test('LIMIT7: a login is waited for as long as helloMs says', async () => {
  const w = await begin({ helloMs: 1_000 });
  const client = w.connect();
  await w.advance(900);
  expect(client.closed).toBeUndefined();
  await w.advance(100 + 2 * fixed.sweepMs);
  expect(client.closing?.code).toBe('hello_timeout');
});

test('LIMIT7: the closing handshake of a user is waited for as long as closingMs says', async () => {
  const w = await begin({ closingMs: 10 * limits.closingMs });
  const client = w.connect();
  let isCut = false;
  // The path is dead: no close frame comes back.
  client.close = () => undefined;
  client.terminate = () => {
    isCut = true;
    w.clients.delete(client);
    client.handler?.onClosed();
  };
  await client.says('not json');
  await w.advance(9 * limits.closingMs);
  expect(isCut).toBe(false);
  await w.advance(limits.closingMs + 2 * fixed.sweepMs);
  expect(isCut).toBe(true);
});

test('LIMIT7: a user is cut when more waits for them than socketBacklogBytesMax says', async () => {
  const w = await begin({ socketBacklogBytesMax: 1_000 });
  const [slow, slower] = [await w.login('slow'), await w.login('slower')];
  slow.backlog = 1_000;
  slower.backlog = 1_001;
  await w.advance(2 * fixed.sweepMs);
  expect([slow.closing?.code, slower.closing?.code]).toEqual([undefined, 'slow_reader']);
});

test('LIMIT7: when more waits for all users than signalingBacklogBytesMax says, the one furthest behind is cut', async () => {
  const w = await begin({ signalingBacklogBytesMax: 1_000 });
  const [slow, slower] = [await w.login('slow'), await w.login('slower')];
  slow.backlog = 500;
  slower.backlog = 501;
  await w.advance(2 * fixed.sweepMs);
  expect([slow.closing?.code, slower.closing?.code]).toEqual([undefined, 'slow_reader']);
});

test.each([
  ['signalingPendingFramesMax', { signalingPendingFramesMax: 3 }],
  ['signalingPendingCharsMax', { signalingPendingCharsMax: 3 * JSON.stringify({ type: 'ping' }).length }],
])('LIMIT7: so many frames wait for an earlier one as %s says', async (_, over) => {
  const w = await begin(over);
  const ann = await w.login('ann');
  const floods = (count: number, channel: string) => {
    ann.handler?.onText(JSON.stringify({ ...subscription(channel), id: 1 }));
    for (let at = 0; at < count; at += 1) ann.handler?.onText(JSON.stringify({ type: 'ping' }));
    return w.settled();
  };
  await floods(3, 'one');
  expect(ann.closing).toBeUndefined();
  await floods(4, 'two');
  expect(ann.closing?.code).toBe('rate_limited');
});

test('LIMIT7: nothing more is begun to be told to a session for which more waits than signalingStartBytes says', async () => {
  const w = await begin({ signalingStartBytes: 1_000 });
  const ann = await w.login('ann');
  ann.backlog = 1_000;
  await ann.subscribes('one');
  ann.backlog = 1_001;
  await ann.subscribes('two');
  expect([types(ann, 'one'), types(ann, 'two')]).toEqual([['SNAPSHOT'], []]);
});

test('LIMIT7: snapshots of large channels wait as signalingSnapshotMergeUsersMin and …MergeMs say, and so many of a session are made at once as signalingStartsMax says', async () => {
  const w = await begin({
    signalingSnapshotMergeUsersMin: 2,
    signalingSnapshotMergeMs: 5_000,
    signalingStartsMax: 1,
  });
  await crowd(w, 1, 3, 'one');
  await crowd(w, 1, 3, 'two');
  const ann = await w.login('ann');
  for (const channel of ['one', 'two']) await ann.subscribes(channel);
  const told = () => [types(ann, 'one').length, types(ann, 'two').length];
  await w.advance(4_000);
  expect(told()).toEqual([0, 0]);
  await w.advance(2_000);
  expect(told()).toEqual([1, 0]);
  await w.advance(5_000);
  expect(told()).toEqual([1, 1]);
});

test('LIMIT7: a snapshot has so many users as signalingSnapshotUsersMax says', async () => {
  const w = await begin({ signalingSnapshotUsersMax: 2 });
  await crowd(w, 1, 4);
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  expect(ann.presence()).toMatchObject([{ type: 'SNAPSHOT', occupants: { length: 2 } }]);
});

test('LIMIT7: an interval is told early with so many changes as signalingWindowChangesMax says', async () => {
  const w = await begin({ signalingWindowChangesMax: 8 }, { announceMax: 1 });
  await crowd(w, 1, 4);
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await crowd(w, 10, 12);
  expect(types(ann)).toEqual(['SNAPSHOT']);
  await crowd(w, 13, 16);
  expect(types(ann)).toEqual(['SNAPSHOT', 'INTERVAL']);
});

test('LIMIT7: an interval is told early with so many newcomers as signalingWindowNewcomersMax says', async () => {
  const w = await begin({ signalingWindowNewcomersMax: 2 }, { announceMax: 1 });
  await crowd(w, 1, 4);
  const watches = async (userId: string) => {
    const client = await w.login(userId);
    await client.subscribes('lobby');
    return client;
  };
  const ann = await watches('ann');
  for (const userId of ['bob', 'cid']) await watches(userId);
  expect(types(ann)).toEqual(['SNAPSHOT']);
  await watches('dan');
  await watches('eve');
  expect(types(ann)).toEqual(['SNAPSHOT', 'INTERVAL']);
});

test.each([
  ['signalingRosterRingCharsMax', { signalingRosterRingCharsMax: 400 }],
  [
    'signalingRosterRingCharsTotalMax',
    { signalingRosterRingCharsMax: 1_600, signalingRosterRingCharsTotalMax: 800 },
  ],
])('LIMIT7: so much of the changes of a roster is kept as %s says', async (_, over) => {
  const w = await begin(over);
  const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
  const ann = await w.login('ann');
  const follows = (more: object = {}) => ann.asks({ type: 'subscribe-roster', ...place, ...more });
  await follows();
  await crowd(w, 1, 2);
  const [{ stream } = { stream: '' }] = ann.all('roster-snapshot');
  const { from = 0, changes = [] } = ann.all('roster-changes').at(-1) ?? {};
  const after = from + changes.length - 1;
  const isToldChanges = async () => {
    const before = ann.all('roster-snapshot').length;
    await follows({ cursor: { stream, after } });
    return ann.all('roster-snapshot').length === before;
  };
  const goes = () => ann.asks({ type: 'unsubscribe-roster', ...place });
  await goes();
  await crowd(w, 3, 3);
  expect(await isToldChanges()).toBe(true);
  await goes();
  await crowd(w, 10, 20);
  expect(await isToldChanges()).toBe(false);
});

test('LIMIT7: the rates of so many names of the owner are remembered as ownerPublishersMax says', () => {
  const rates = new OwnerRates(2, () => defaultAppSignalingLimits);
  const first = rates.of(app.id, 'first');
  rates.of(app.id, 'second');
  expect(rates.of(app.id, 'first')).toBe(first);
  for (const name of ['second', 'third']) rates.of(app.id, name);
  expect(rates.of(app.id, 'first')).not.toBe(first);
});

test('LIMIT7: the rates of so many users whose session ended are remembered as recentRatesMax says', () => {
  const recent = new RecentRates({ steadyMs: () => 1_000 }, 1);
  const [ann, bob] = ['ann', 'bob'].map((user) => recent.of(app.id, user));
  if (!ann || !bob) throw new Error('no rates');
  recent.keep(app.id, 'ann', ann);
  recent.keep(app.id, 'bob', bob);
  expect([recent.of(app.id, 'ann') === ann, recent.of(app.id, 'bob') === bob]).toEqual([false, true]);
});
