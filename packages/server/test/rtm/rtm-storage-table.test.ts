import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { RTMEvents } from '../../../rtm/src/index.ts';
import { logoutAll, type RtmUser } from '../../testing/clients/rtm-client.ts';
import { codeOf, loggedIn, newChannel } from '../../testing/clients/rtm-tables.ts';
import { until } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

/** One test for each row of the API's tables of storage, locks and history (spec: signaling section 4), against a real server. */
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

interface User extends RtmUser {
  readonly storage: RTMEvents.StorageEvent[];
  readonly locks: RTMEvents.LockEvent[];
}
async function login(userId: string): Promise<User> {
  const user = await loggedIn(server.url, userId);
  const storage: RTMEvents.StorageEvent[] = [];
  const locks: RTMEvents.LockEvent[] = [];
  user.client.addEventListener('storage', (event) => storage.push(event));
  user.client.addEventListener('lock', (event) => locks.push(event));
  return { ...user, storage, locks };
}
/** Two in a channel who get its metadata and locks. */
async function together(): Promise<{ channel: string; ann: User; bob: User }> {
  const channel = newChannel();
  const [ann, bob] = [await login('ann'), await login('bob')];
  for (const { client } of [ann, bob])
    await client.subscribe(channel, { withMetadata: true, withLock: true });
  await until('snapshots', () =>
    [ann, bob].every(({ storage, locks }) => storage.length + locks.length === 2),
  );
  return { channel, ann, bob };
}
const item = (key: string, value = 'v', revision = -1) => ({ key, value, revision });
const valuesOf = ({ metadata }: { metadata: Record<string, { value: string }> }) =>
  Object.fromEntries(Object.entries(metadata).map(([key, { value }]) => [key, value]));

describe('storage of channels', () => {
  test('RTM119: setChannelMetadata: adds and replaces, and answers with the number of items', async () => {
    const { channel, ann } = await together();
    const set = (...items: ReturnType<typeof item>[]) =>
      ann.client.storage.setChannelMetadata(channel, 'MESSAGE', items);
    expect(await set(item('a'), item('b'))).toEqual({
      timestamp: expect.any(Number),
      channelName: channel,
      channelType: 'MESSAGE',
      totalCount: 2,
    });
    expect(await set(item('b', 'w'), item('c'))).toMatchObject({ totalCount: 3 });
  });

  test('RTM119: updateChannelMetadata: everything or, where an item is not there, nothing', async () => {
    const { channel, ann } = await together();
    const { storage } = ann.client;
    await storage.setChannelMetadata(channel, 'MESSAGE', [item('a')]);
    await storage.updateChannelMetadata(channel, 'MESSAGE', [item('a', 'w')]);
    expect(
      await codeOf(() => storage.updateChannelMetadata(channel, 'MESSAGE', [item('a', 'x'), item('b')])),
    ).toBe(-12003);
    expect(valuesOf(await storage.getChannelMetadata(channel, 'MESSAGE'))).toEqual({ a: 'w' });
  });

  test('RTM119: removeChannelMetadata: what is named, else the whole set; what is not there is an error', async () => {
    const { channel, ann } = await together();
    const { storage } = ann.client;
    await storage.setChannelMetadata(channel, 'MESSAGE', [item('a'), item('b'), item('c')]);
    expect(
      await storage.removeChannelMetadata(channel, 'MESSAGE', { data: [item('a', 'whatever')] }),
    ).toMatchObject({ totalCount: 2 });
    expect(await codeOf(() => storage.removeChannelMetadata(channel, 'MESSAGE', { data: [item('a')] }))).toBe(
      -12003,
    );
    expect(await storage.removeChannelMetadata(channel, 'MESSAGE')).toMatchObject({ totalCount: 0 });
  });

  test('RTM119: getChannelMetadata: the set with revisions; an empty one is no error', async () => {
    const { channel, ann, bob } = await together();
    expect(await bob.client.storage.getChannelMetadata(channel, 'MESSAGE')).toMatchObject({
      totalCount: 0,
      metadata: {},
      channelName: channel,
      channelType: 'MESSAGE',
    });
    await ann.client.storage.setChannelMetadata(channel, 'MESSAGE', [item('a')]);
    const { majorRevision, metadata } = await bob.client.storage.getChannelMetadata(channel, 'MESSAGE');
    expect(majorRevision).toBeGreaterThan(0);
    expect(metadata.a?.revision).toBeGreaterThan(0);
  });

  test('RTM119: kinds of channels have sets of their own', async () => {
    const { channel, ann } = await together();
    await ann.client.storage.setChannelMetadata(channel, 'MESSAGE', [item('a')]);
    expect((await ann.client.storage.getChannelMetadata(channel, 'STREAM')).totalCount).toBe(0);
  });
});

describe('storage of users', () => {
  test('RTM119: set, update, get and remove: of oneself unless told otherwise', async () => {
    const { ann, bob } = await together();
    const mine = ann.client.storage;
    expect(await mine.setUserMetadata([item('name', 'Ann')])).toEqual({
      timestamp: expect.any(Number),
      userId: 'ann',
      totalCount: 1,
    });
    await bob.client.storage.updateUserMetadata([item('name', 'Anna')], { userId: 'ann' });
    expect(valuesOf(await mine.getUserMetadata())).toEqual({ name: 'Anna' });
    expect((await bob.client.storage.getUserMetadata()).totalCount).toBe(0);
    expect(await codeOf(() => mine.updateUserMetadata([item('never')]))).toBe(-12003);
    expect(await bob.client.storage.removeUserMetadata({ userId: 'ann' })).toMatchObject({
      userId: 'ann',
      totalCount: 0,
    });
  });

  test('RTM119: subscribeUserMetadata and unsubscribeUserMetadata: a snapshot, then each change, then nothing', async () => {
    const { ann, bob } = await together();
    await ann.client.storage.setUserMetadata([item('name', 'Ann')]);
    expect(await bob.client.storage.subscribeUserMetadata('ann')).toMatchObject({ userId: 'ann' });
    await ann.client.storage.setUserMetadata([item('name', 'Anna')]);
    await until('the change', () => bob.storage.length === 3);
    expect(bob.storage.slice(1)).toMatchObject([
      { eventType: 'SNAPSHOT', storageType: 'USER', publisher: 'ann', channelName: '' },
      { eventType: 'UPDATE', storageType: 'USER', publisher: 'ann', channelName: '' },
    ]);
    await bob.client.storage.unsubscribeUserMetadata('ann');
    await ann.client.storage.removeUserMetadata();
    await ann.client.publish('bob', 'a mark', { channelType: 'USER' });
    await bob.until('the mark', () => bob.messages.length > 0);
    expect(bob.storage).toHaveLength(3);
  });
});

describe('MetadataOptions', () => {
  test('RTM119: majorRevision and revision: each must be the present one; the set comes first, and it is all or nothing', async () => {
    const { channel, ann } = await together();
    const { storage } = ann.client;
    await storage.setChannelMetadata(channel, 'MESSAGE', [item('a'), item('b')]);
    const { majorRevision, metadata } = await storage.getChannelMetadata(channel, 'MESSAGE');
    const revision = metadata.a?.revision ?? 0;
    const set = (options: object, ...items: ReturnType<typeof item>[]) =>
      codeOf(() => storage.setChannelMetadata(channel, 'MESSAGE', items, options));
    expect(await set({ majorRevision: majorRevision - 1 || 999_999 }, item('a', 'x'))).toBe(-12014);
    expect(await set({}, item('b', 'x'), item('a', 'x', revision + 1_000_000))).toBe(-12014);
    expect(await set({}, item('new', 'x', 5))).not.toBe(0);
    expect(valuesOf(await storage.getChannelMetadata(channel, 'MESSAGE'))).toEqual({ a: 'v', b: 'v' });
    expect(await set({ majorRevision }, item('a', 'x', revision))).toBe(0);
    const after = await storage.getChannelMetadata(channel, 'MESSAGE');
    expect(after.majorRevision).toBeGreaterThan(majorRevision);
    expect(after.metadata.a?.revision).toBeGreaterThan(revision);
    expect(after.metadata.b?.revision).toBe(metadata.b?.revision);
    for (const bad of [0, -2, 1.5]) expect(await set({ majorRevision: bad }, item('a'))).toBe(-12005);
  });

  test('RTM119: lockName: only while one holds that lock there: −12008', async () => {
    const { channel, ann, bob } = await together();
    await ann.client.lock.setLock(channel, 'MESSAGE', 'editing');
    await bob.client.lock.acquireLock(channel, 'MESSAGE', 'editing');
    const set = ({ client }: User) =>
      codeOf(() =>
        client.storage.setChannelMetadata(channel, 'MESSAGE', [item('a')], { lockName: 'editing' }),
      );
    expect([await set(ann), await set(bob)]).toEqual([-12008, 0]);
  });

  test('RTM119: addTimeStamp and addUserId: only if asked for', async () => {
    const { channel, ann } = await together();
    const { storage } = ann.client;
    await storage.setChannelMetadata(channel, 'MESSAGE', [item('plain')]);
    await storage.setChannelMetadata(channel, 'MESSAGE', [item('signed')], {
      addTimeStamp: true,
      addUserId: true,
    });
    const { metadata } = await storage.getChannelMetadata(channel, 'MESSAGE');
    expect(metadata.signed).toMatchObject({ authorUid: 'ann', updated: expect.any(Number) });
    expect(metadata.plain?.authorUid).not.toBe('ann');
  });
});

test('RTM119: the event storage: UPDATE for set, update and remove, with the whole set, for its author too', async () => {
  const { channel, ann, bob } = await together();
  const { storage } = ann.client;
  await storage.setChannelMetadata(channel, 'MESSAGE', [item('a'), item('b')]);
  await storage.updateChannelMetadata(channel, 'MESSAGE', [item('a', 'w')]);
  await storage.removeChannelMetadata(channel, 'MESSAGE', { data: [item('b')] });
  for (const user of [ann, bob]) {
    await until('the events', () => user.storage.length === 4);
    expect(user.storage.map(({ eventType }) => eventType)).toEqual([
      'SNAPSHOT',
      'UPDATE',
      'UPDATE',
      'UPDATE',
    ]);
    expect(user.storage.map(({ data }) => valuesOf(data))).toEqual([
      {},
      { a: 'v', b: 'v' },
      { a: 'w', b: 'v' },
      { a: 'w' },
    ]);
    expect(user.storage.at(-1)).toMatchObject({
      channelType: 'MESSAGE',
      channelName: channel,
      publisher: 'ann',
      storageType: 'CHANNEL',
      data: { totalCount: 1 },
    });
  }
});

test('RTM150: over a real server: a call that is too long for a frame is refused, and the client goes on', async () => {
  const { channel, ann } = await together();
  const { storage } = ann.client;
  const set = (count: number) =>
    codeOf(() =>
      storage.setChannelMetadata(
        channel,
        'MESSAGE',
        Array.from({ length: count }, (_, at) => item(`k${at}`)),
      ),
    );
  expect(await set(3_000)).toBe(-12006);
  expect(
    await codeOf(() => ann.client.presence.setState(channel, 'MESSAGE', { a: 'x'.repeat(200_000) })),
  ).toBe(-13009);
  expect(await set(900)).toBe(0);
  expect(await storage.getChannelMetadata(channel, 'MESSAGE')).toMatchObject({ totalCount: 900 });
  expect(ann.links.map(({ currentState }) => currentState)).toEqual(['CONNECTING', 'CONNECTED']);
});

test('RTM119: limits of storage: keys of 32 ASCII characters, 16 KB', async () => {
  const { channel, ann } = await together();
  const set = (...items: unknown[]) =>
    codeOf(() => ann.client.storage.setChannelMetadata(channel, 'MESSAGE', items as never));
  const cases: [unknown[], number][] = [
    [[item('k'.repeat(32))], 0],
    [[item('k'.repeat(33))], -12011],
    [[item('clé')], -12009],
    [[item('')], -12009],
    [[{ key: 'a', value: 7 }], -12010],
    [[item('a', 'x'.repeat(16 * 1024))], -12006],
    [[item('a'), item('a')], -12013],
    [[], -12003],
    [[{ ...item('a'), other: 1 }], -12003],
  ];
  for (const [items, code] of cases) expect([items, await set(...items)]).toEqual([items, code]);
  for (const items of ['a', null, undefined, 7])
    expect(
      await codeOf(() => ann.client.storage.setChannelMetadata(channel, 'MESSAGE', items as never)),
    ).toBe(-12004);
});

describe('locks', () => {
  test('RTM119: setLock: owned by nobody; ttl from 10 to 300, 10 unless told otherwise; twice: −14004', async () => {
    const { channel, ann } = await together();
    const { lock } = ann.client;
    expect(await lock.setLock(channel, 'MESSAGE', 'a')).toEqual({
      timestamp: expect.any(Number),
      channelName: channel,
      channelType: 'MESSAGE',
      lockName: 'a',
    });
    await lock.setLock(channel, 'MESSAGE', 'low', { ttl: 1 });
    await lock.setLock(channel, 'MESSAGE', 'high', { ttl: 1_000 });
    expect(await codeOf(() => lock.setLock(channel, 'MESSAGE', 'a'))).toBe(-14004);
    const { totalLocks, lockDetails } = await lock.getLock(channel, 'MESSAGE');
    expect(totalLocks).toBe(3);
    expect(lockDetails.sort((a, b) => (a.lockName < b.lockName ? -1 : 1))).toEqual([
      { lockName: 'a', owner: '', ttl: 10 },
      { lockName: 'high', owner: '', ttl: 300 },
      { lockName: 'low', owner: '', ttl: 10 },
    ]);
  });

  test('RTM119: acquireLock: once; of another: −14007; one that is not there: −14008', async () => {
    const { channel, ann, bob } = await together();
    await ann.client.lock.setLock(channel, 'MESSAGE', 'a');
    const acquire = ({ client }: User, name = 'a') =>
      codeOf(() => client.lock.acquireLock(channel, 'MESSAGE', name));
    expect([await acquire(ann), await acquire(bob), await acquire(bob, 'never')]).toEqual([
      0, -14007, -14008,
    ]);
  });

  test('RTM119: acquireLock with retry: until it is free, or the channel is left', async () => {
    const { channel, ann, bob } = await together();
    await ann.client.lock.setLock(channel, 'MESSAGE', 'a');
    await ann.client.lock.acquireLock(channel, 'MESSAGE', 'a');
    const waiting = bob.client.lock.acquireLock(channel, 'MESSAGE', 'a', { retry: true });
    await ann.client.lock.releaseLock(channel, 'MESSAGE', 'a');
    expect(await waiting).toMatchObject({ lockName: 'a' });
    const second = codeOf(() => ann.client.lock.acquireLock(channel, 'MESSAGE', 'a', { retry: true }));
    // One connection is answered in order, so the wait has begun.
    await ann.client.lock.getLock(channel, 'MESSAGE');
    await ann.client.unsubscribe(channel);
    expect(await second).toBe(-14001);
  });

  test('RTM119: releaseLock: one that is not held: −14006; also after unsubscribing', async () => {
    const { channel, ann, bob } = await together();
    await ann.client.lock.setLock(channel, 'MESSAGE', 'a');
    await ann.client.lock.acquireLock(channel, 'MESSAGE', 'a');
    expect(await codeOf(() => bob.client.lock.releaseLock(channel, 'MESSAGE', 'a'))).toBe(-14006);
    await ann.client.unsubscribe(channel);
    expect(await codeOf(() => ann.client.lock.releaseLock(channel, 'MESSAGE', 'a'))).toBe(0);
  });

  test('RTM119: revokeLock and removeLock: by anybody', async () => {
    const { channel, ann, bob } = await together();
    await ann.client.lock.setLock(channel, 'MESSAGE', 'a');
    await ann.client.lock.acquireLock(channel, 'MESSAGE', 'a');
    await bob.client.lock.revokeLock(channel, 'MESSAGE', 'a', 'ann');
    expect((await bob.client.lock.getLock(channel, 'MESSAGE')).lockDetails[0]?.owner).toBe('');
    await bob.client.lock.removeLock(channel, 'MESSAGE', 'a');
    expect((await bob.client.lock.getLock(channel, 'MESSAGE')).totalLocks).toBe(0);
    expect(await codeOf(() => bob.client.lock.removeLock(channel, 'MESSAGE', 'a'))).toBe(-14008);
  });

  test('RTM119: 32 in a channel, with names of 64 characters: −14001, −14005', async () => {
    const { channel, ann, bob } = await together();
    for (let each = 0; each < 32; each++)
      await (each % 2 ? ann : bob).client.lock.setLock(channel, 'MESSAGE', `${each}`.padEnd(64, 'x'));
    expect(await codeOf(() => ann.client.lock.setLock(channel, 'MESSAGE', 'one more'))).toBe(-14001);
    for (const name of ['', 'x'.repeat(65), 7 as never])
      expect(await codeOf(() => ann.client.lock.setLock(channel, 'MESSAGE', name))).toBe(-14005);
  });

  test('RTM119: the event lock: SNAPSHOT, SET, ACQUIRED, RELEASED, REMOVED, with all fields', async () => {
    const { channel, ann, bob } = await together();
    const { lock } = ann.client;
    await lock.setLock(channel, 'MESSAGE', 'a', { ttl: 20 });
    await lock.acquireLock(channel, 'MESSAGE', 'a');
    await bob.client.lock.revokeLock(channel, 'MESSAGE', 'a', 'ann');
    await lock.removeLock(channel, 'MESSAGE', 'a');
    for (const user of [ann, bob]) {
      await until('the events', () => user.locks.length === 5);
      expect(user.locks.map(({ eventType, owner }) => [eventType, owner])).toEqual([
        ['SNAPSHOT', ''],
        ['SET', ''],
        ['ACQUIRED', 'ann'],
        ['RELEASED', ''],
        ['REMOVED', ''],
      ]);
      expect(user.locks[1]).toMatchObject({
        channelType: 'MESSAGE',
        channelName: channel,
        lockName: 'a',
        ttl: 20,
        publisher: 'ann',
        snapshot: [],
      });
      expect(user.locks[3]?.publisher).toBe('bob');
    }
  });
});

describe('history', () => {
  const page = ({ messageList, newStart }: { messageList: { message: unknown }[]; newStart: number }) => ({
    texts: messageList.map(({ message }) => message),
    newStart,
  });

  test('RTM119: getMessages: from the newest to the oldest, page by page, until newStart is 0', async () => {
    const { channel, ann } = await together();
    for (let each = 0; each < 5; each++)
      await ann.client.publish(channel, `${each}`, { storeInHistory: true });
    const { history } = ann.client;
    const first = await history.getMessages(channel, 'MESSAGE', { messageCount: 3 });
    expect(page(first).texts).toEqual(['4', '3', '2']);
    const rest = await history.getMessages(channel, 'MESSAGE', { messageCount: 3, start: first.newStart });
    expect(page(rest)).toEqual({ texts: ['1', '0'], newStart: 0 });
  });

  test('RTM119: start is the newer bound and exclusive, end the older and inclusive', async () => {
    const { channel, ann } = await together();
    for (let each = 0; each < 4; each++)
      await ann.client.publish(channel, `${each}`, { storeInHistory: true });
    const { history } = ann.client;
    const times = (await history.getMessages(channel, 'MESSAGE')).messageList.map(
      ({ timestamp }) => timestamp,
    );
    const [three, , one] = times as [number, number, number];
    const between = await history.getMessages(channel, 'MESSAGE', { start: three, end: one });
    expect(page(between).texts).toEqual(['2', '1']);
    expect(page(await history.getMessages(channel, 'MESSAGE', { end: one })).texts).toEqual(['3', '2', '1']);
    for (const bad of [{ start: one, end: three }, { start: -1 }, { end: 1.5 }])
      expect(await codeOf(() => history.getMessages(channel, 'MESSAGE', bad))).toBe(-15002);
  });

  test('RTM119: messageCount: 1 to 100: −10014; STREAM: −10019', async () => {
    const { channel, ann } = await together();
    for (const messageCount of [0, -1, 101, 1.5, '5'] as never[])
      expect(await codeOf(() => ann.client.history.getMessages(channel, 'MESSAGE', { messageCount }))).toBe(
        -10014,
      );
    expect(await codeOf(() => ann.client.history.getMessages(channel, 'STREAM' as never))).toBe(-10019);
  });
});
