import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { RTMEvents } from '../../../rtm/src/index.ts';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { type ServerProcess, startServerProcess } from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

interface User extends RtmUser {
  readonly storage: RTMEvents.StorageEvent[];
  readonly locks: RTMEvents.LockEvent[];
}
async function login(userId: string): Promise<User> {
  const user = rtmUser(server.url, userId);
  const storage: RTMEvents.StorageEvent[] = [];
  const locks: RTMEvents.LockEvent[] = [];
  user.client.addEventListener('storage', (event) => storage.push(event));
  user.client.addEventListener('lock', (event) => locks.push(event));
  await user.client.login({ token: rtmToken(userId) });
  return { ...user, storage, locks };
}
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { errorCode?: number }) => error.errorCode,
  );
/** Waits until an event holds; events of this kind do not wake `until`. */
async function eventually(what: string, check: () => unknown): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const valuesOf = ({ metadata }: { metadata: Record<string, { value: string }> }) =>
  Object.fromEntries(Object.entries(metadata).map(([key, { value }]) => [key, value]));

test('RTM64: metadata is told whole to who follows it, guarded by revisions and locks, and survives kill -9', async () => {
  const [ann, bob] = await Promise.all([login('ann'), login('bob')]);
  await bob.client.subscribe('hall', { withMetadata: true });
  await bob.client.storage.subscribeUserMetadata('ann');
  await eventually('two snapshots', () => bob.storage.length === 2);
  const { storage, lock } = ann.client;
  const set = await storage.setChannelMetadata(
    'hall',
    'MESSAGE',
    [
      { key: 'topic', value: 'cats' },
      { key: 'seat', value: '1' },
    ],
    { addTimeStamp: true, addUserId: true },
  );
  expect(set).toMatchObject({ channelName: 'hall', channelType: 'MESSAGE', totalCount: 2 });
  await storage.setUserMetadata([{ key: 'name', value: 'Ann' }]);
  await eventually('both changes', () => bob.storage.length === 4);
  expect(bob.storage.slice(2)).toMatchObject([
    { storageType: 'CHANNEL', eventType: 'UPDATE', publisher: 'ann', data: { totalCount: 2 } },
    { storageType: 'USER', eventType: 'UPDATE', publisher: 'ann', data: { totalCount: 1 } },
  ]);
  const before = await bob.client.storage.getChannelMetadata('hall', 'MESSAGE');
  expect(valuesOf(before)).toEqual({ topic: 'cats', seat: '1' });
  expect(before.metadata.topic).toMatchObject({ authorUid: 'ann', updated: expect.any(Number) });
  // Two who write upon the same revision: one of them is too late.
  const upon = { majorRevision: before.majorRevision };
  const race = [ann, bob].map(({ client }, at) =>
    codeOf(client.storage.setChannelMetadata('hall', 'MESSAGE', [{ key: 'seat', value: `${at}` }], upon)),
  );
  expect((await Promise.all(race)).map(String).sort()).toEqual(['-12014', 'ok']);
  const missing = [{ key: 'nothing', value: 'x' }];
  expect(await codeOf(storage.updateChannelMetadata('hall', 'MESSAGE', missing))).toBe(-12003);
  const guarded = { lockName: 'pen' };
  const topic = [{ key: 'topic', value: 'dogs' }];
  await lock.setLock('hall', 'MESSAGE', 'pen');
  expect(await codeOf(storage.setChannelMetadata('hall', 'MESSAGE', topic, guarded))).toBe(-12008);
  await lock.acquireLock('hall', 'MESSAGE', 'pen');
  expect(await codeOf(storage.setChannelMetadata('hall', 'MESSAGE', topic, guarded))).toBe('ok');

  await server.kill();
  await server.restart();
  await Promise.all(
    [ann, bob].map((user) => user.until('the server', () => user.links.at(-1)?.currentState === 'CONNECTED')),
  );
  // Subscriptions to metadata begin anew, with the present items.
  const seen = bob.storage.findLastIndex(({ eventType }) => eventType === 'UPDATE') + 1;
  await eventually('both snapshots', () => bob.storage.length === seen + 2);
  expect(
    bob.storage
      .slice(seen)
      .map(({ storageType }) => storageType)
      .sort(),
  ).toEqual(['CHANNEL', 'USER']);
  expect(valuesOf(await ann.client.storage.getChannelMetadata('hall', 'MESSAGE'))).toMatchObject({
    topic: 'dogs',
  });
  expect(valuesOf(await bob.client.storage.getUserMetadata({ userId: 'ann' }))).toEqual({ name: 'Ann' });
  // The lock is held by the same user, who is back; and bob, who did nothing for it, still follows.
  expect((await bob.client.lock.getLock('hall', 'MESSAGE')).lockDetails).toEqual([
    { lockName: 'pen', owner: 'ann', ttl: 10 },
  ]);
  await ann.client.storage.removeChannelMetadata('hall', 'MESSAGE', { data: [{ key: 'seat', value: '' }] });
  await ann.client.storage.removeUserMetadata();
  await eventually('both changes', () => bob.storage.length === seen + 4);
  expect(valuesOf(bob.storage.at(-2)?.data ?? { metadata: {} })).toEqual({ topic: 'dogs' });
  expect(bob.storage.at(-1)?.data.totalCount).toBe(0);
}, 60_000);

test('RTM74: a lock goes to one of two who want it, to the other when it is released, and runs out with its holder', async () => {
  // The logins come one after the other: the order tells which socket is whose.
  const ann = await login('ann');
  const bob = await login('bob');
  const cid = await login('cid');
  await cid.client.subscribe('stage', { withLock: true });
  await cid.client.lock.setLock('stage', 'MESSAGE', 'mic', { ttl: 10 });
  expect(await codeOf(cid.client.lock.setLock('stage', 'MESSAGE', 'mic'))).toBe(-14004);
  const first = await Promise.all(
    [ann, bob].map(({ client }) => codeOf(client.lock.acquireLock('stage', 'MESSAGE', 'mic'))),
  );
  expect(first.map(String).sort()).toEqual(['-14007', 'ok']);
  const [holder, other] = first[0] === 'ok' ? [ann, bob] : [bob, ann];
  const waiting = other.client.lock.acquireLock('stage', 'MESSAGE', 'mic', { retry: true });
  // The wait outlives the connection that it was asked on.
  other.breakSocket();
  await other.until('a loss', () => other.links.some(({ currentState }) => currentState === 'DISCONNECTED'));
  await other.until('the server', () => other.links.at(-1)?.currentState === 'CONNECTED');
  await holder.client.lock.releaseLock('stage', 'MESSAGE', 'mic');
  expect(await waiting).toMatchObject({ lockName: 'mic' });
  expect(await codeOf(holder.client.lock.releaseLock('stage', 'MESSAGE', 'mic'))).toBe(-14006);
  const last = async () => (await cid.client.lock.getLock('stage', 'MESSAGE')).lockDetails[0]?.owner;
  const owner = await last();
  expect(['ann', 'bob']).toContain(owner ?? '');
  await cid.client.lock.revokeLock('stage', 'MESSAGE', 'mic', owner ?? '');
  expect(await last()).toBe('');
  await holder.client.lock.acquireLock('stage', 'MESSAGE', 'mic');
  await holder.client.logout();
  // 10 s after the server has lost its holder it is free.
  await eventually(
    'the end of the lock',
    () => cid.locks.at(-1)?.eventType === 'RELEASED' && cid.locks.length >= 7,
  );
  expect(await last()).toBe('');
  await cid.client.lock.removeLock('stage', 'MESSAGE', 'mic');
  await eventually('the removal', () => cid.locks.at(-1)?.eventType === 'REMOVED');
  expect(cid.locks.map(({ eventType }) => eventType)).toEqual([
    'SNAPSHOT',
    'SET',
    'ACQUIRED',
    'RELEASED',
    'ACQUIRED',
    'RELEASED',
    'ACQUIRED',
    'RELEASED',
    'REMOVED',
  ]);
}, 60_000);
