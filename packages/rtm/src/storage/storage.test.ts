import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { SignalingMetadataItem, SignalingResult, SignalingStorage } from '@housecount/protocol';
import type { LockEvent, StorageEvent } from '../events/events.ts';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
let storage: StorageEvent[];
let locks: LockEvent[];
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  storage = [];
  locks = [];
  ann.client.addEventListener('storage', (event) => storage.push(event));
  ann.client.addEventListener('lock', (event) => locks.push(event));
  await ann.client.login();
  world.requests.splice(0);
});
afterEach(() => world.restore());

const answer = (result?: SignalingResult): void => {
  world.onRequest = ({ id }, socket) =>
    socket.tell({ type: 'ok', id, serverMs: 77, ...(result && { result }) });
};
const item: SignalingMetadataItem = { key: 'topic', value: 'cats', revision: 3, updatedMs: 9, author: 'bob' };

test('RTM61: each change of metadata is asked for as it is, and answered with all fields of the API', async () => {
  const { storage: api } = ann.client;
  answer({ majorRevision: 5, totalCount: 2 });
  const data = [
    { key: 'topic', value: 'cats' },
    { key: 'seat', value: '7', revision: 4 },
  ];
  const options = { majorRevision: 8, lockName: 'stage', addTimeStamp: true, addUserId: true };
  expect(await api.setChannelMetadata('hall', 'MESSAGE', data, options)).toEqual({
    timestamp: 77,
    channelName: 'hall',
    channelType: 'MESSAGE',
    totalCount: 2,
  });
  expect(await api.updateUserMetadata([{ key: 'k', value: 'v' }])).toEqual({
    timestamp: 77,
    userId: 'ann',
    totalCount: 2,
  });
  await api.removeChannelMetadata('hall', 'STREAM');
  await api.removeUserMetadata({ userId: 'bob', data: [{ key: 'k', value: '' }] });
  const usual = { majorRevision: -1, lockName: '', addTimeStamp: false, addUserId: false };
  expect(world.requests.map(({ id: _, type: __, ...request }) => request)).toEqual([
    {
      target: { channelType: 'MESSAGE', channel: 'hall' },
      mode: 'set',
      items: [
        { key: 'topic', value: 'cats', revision: -1 },
        { key: 'seat', value: '7', revision: 4 },
      ],
      ...options,
    },
    { target: { userId: 'ann' }, mode: 'update', items: [{ key: 'k', value: 'v', revision: -1 }], ...usual },
    { target: { channelType: 'STREAM', channel: 'hall' }, mode: 'remove', items: [], ...usual },
    { target: { userId: 'bob' }, mode: 'remove', items: [{ key: 'k', value: '', revision: -1 }], ...usual },
  ] as never);
});

test('RTM61: a set is read whole; a key may have any name', async () => {
  const odd = { ...item, key: '__proto__', value: 'x' };
  answer({ majorRevision: 5, totalCount: 2, items: [item, odd] });
  const read = await ann.client.storage.getChannelMetadata('hall', 'MESSAGE');
  expect(read).toMatchObject({ timestamp: 77, channelName: 'hall', totalCount: 2, majorRevision: 5 });
  expect(Object.entries(read.metadata)).toEqual([
    ['topic', { value: 'cats', revision: 3, updated: 9, authorUid: 'bob' }],
    ['__proto__', { value: 'x', revision: 3, updated: 9, authorUid: 'bob' }],
  ]);
  answer({ majorRevision: 0, totalCount: 0, items: [] });
  expect(await ann.client.storage.getUserMetadata({ userId: 'bob' })).toEqual({
    timestamp: 77,
    userId: 'bob',
    totalCount: 0,
    majorRevision: 0,
    metadata: {},
  });
});

test('RTM62: metadata is told where it was subscribed to, and no longer than that', async () => {
  const told = (target: SignalingStorage['target'], publisher = 'bob'): void =>
    world.socket.tell({
      type: 'storage',
      event: 'UPDATE',
      target,
      publisher,
      majorRevision: 5,
      items: [item],
      serverMs: 6,
    });
  const hall = { channelType: 'MESSAGE', channel: 'hall' } as const;
  await ann.client.subscribe('hall');
  told(hall);
  await world.settle();
  await ann.client.subscribe('hall', { withMetadata: true });
  told(hall);
  told({ userId: 'cid' });
  await ann.client.storage.subscribeUserMetadata('cid');
  told({ userId: 'cid' });
  await ann.client.storage.unsubscribeUserMetadata('cid');
  told({ userId: 'cid' });
  await ann.client.unsubscribe('hall');
  told(hall);
  await world.settle();
  const data = {
    totalCount: 1,
    majorRevision: 5,
    metadata: { topic: { value: 'cats', revision: 3, updated: 9, authorUid: 'bob' } },
  };
  expect(storage).toEqual([
    {
      channelType: 'MESSAGE',
      channelName: 'hall',
      publisher: 'bob',
      storageType: 'CHANNEL',
      eventType: 'UPDATE',
      data,
      timestamp: 6,
    },
    {
      channelType: 'USER',
      channelName: '',
      publisher: 'cid',
      storageType: 'USER',
      eventType: 'UPDATE',
      data,
      timestamp: 6,
    },
  ]);
});

test('RTM63: a new session follows the same users again, and lets go of those no longer followed', async () => {
  const { storage: api } = ann.client;
  await api.subscribeUserMetadata('bob');
  await api.subscribeUserMetadata('cid');
  world.requests.splice(0);
  const asked = () => world.requests.splice(0).map((each) => [each.type, 'userId' in each && each.userId]);
  world.socket.drop();
  // Needs no connection.
  expect(await api.unsubscribeUserMetadata('cid')).toEqual({ timestamp: 0, userId: 'cid' });
  await world.pass(4_000);
  expect(asked()).toEqual([['unsubscribe-user-metadata', 'cid']]);
  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: false }));
  world.socket.drop();
  await world.pass(4_000);
  expect(asked()).toEqual([['subscribe-user-metadata', 'bob']]);
  await ann.client.logout();
  await ann.client.login();
  expect(asked()).toEqual([]);
});

test('RTM63: a user who is unfollowed while a new session is half restored is unfollowed in that one', async () => {
  const { storage: api } = ann.client;
  await api.subscribeUserMetadata('bob');
  world.onLogin = (_, socket) => socket.tell(world.welcome({ session: { id: 's2', key: 'k2' } }));
  // The server has done it, and the answer is lost.
  world.onRequest = (_, socket) => socket.drop();
  world.socket.drop();
  await world.pass(2_000);
  expect(world.of('subscribe-user-metadata').at(-1)).toMatchObject({ userId: 'bob' });
  await api.unsubscribeUserMetadata('bob');
  world.onRequest = ({ id }, socket) => socket.ok(id);
  world.onLogin = (_, socket) =>
    socket.tell(world.welcome({ session: { id: 's2', key: 'k2' }, resumed: true }));
  world.requests.splice(0);
  await world.pass(4_000);
  expect(world.requests).toMatchObject([{ type: 'unsubscribe-user-metadata', userId: 'bob' }]);
});

test('RTM63: a follow that the server refused, or did not answer, does not hold', async () => {
  const { storage: api } = ann.client;
  world.onRequest = ({ id }, socket) => socket.tell({ type: 'refused', id, code: -12017, reason: 'Full.' });
  expect(await outcome(api.subscribeUserMetadata('bob'))).toBe(-12017);
  world.onRequest = () => undefined;
  const pending = outcome(api.subscribeUserMetadata('cid'));
  await world.pass(10_000);
  expect(await pending).toBe(-12018);
  world.onRequest = ({ id }, socket) => socket.ok(id);
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(4_000);
  expect(world.requests).toMatchObject([{ type: 'unsubscribe-user-metadata', userId: 'cid' }]);
});

test('RTM71: each request about locks is asked for as it is, and answered with all fields of the API', async () => {
  const { lock } = ann.client;
  const usual = { timestamp: 77, channelName: 'hall', channelType: 'MESSAGE' as const };
  answer();
  expect(await lock.setLock('hall', 'MESSAGE', 'stage')).toEqual({ ...usual, lockName: 'stage' });
  await lock.setLock('hall', 'MESSAGE', 'stage', { ttl: 1000 });
  await lock.acquireLock('hall', 'MESSAGE', 'stage');
  await lock.releaseLock('hall', 'MESSAGE', 'stage');
  await lock.revokeLock('hall', 'STREAM', 'stage', 'bob');
  await lock.removeLock('hall', 'MESSAGE', 'stage');
  expect(world.requests.map(({ id: _, ...request }) => request)).toEqual([
    { type: 'set-lock', channelType: 'MESSAGE', channel: 'hall', lockName: 'stage', ttl: 10 },
    { type: 'set-lock', channelType: 'MESSAGE', channel: 'hall', lockName: 'stage', ttl: 1000 },
    { type: 'acquire-lock', channelType: 'MESSAGE', channel: 'hall', lockName: 'stage', retry: false },
    { type: 'release-lock', channelType: 'MESSAGE', channel: 'hall', lockName: 'stage' },
    { type: 'revoke-lock', channelType: 'STREAM', channel: 'hall', lockName: 'stage', owner: 'bob' },
    { type: 'remove-lock', channelType: 'MESSAGE', channel: 'hall', lockName: 'stage' },
  ]);
  answer({ locks: [{ lockName: 'stage', owner: 'bob', ttl: 10 }] });
  expect(await lock.getLock('hall', 'MESSAGE')).toEqual({
    ...usual,
    totalLocks: 1,
    lockDetails: [{ lockName: 'stage', owner: 'bob', ttl: 10 }],
  });
});

test('RTM72: locks are told where they were subscribed to; that one ran out is told to its holder as such', async () => {
  const told = (type: 'ACQUIRED' | 'EXPIRED', publisher: string, owner = ''): void =>
    world.socket.tell({
      type: 'lock',
      channelType: 'MESSAGE',
      channel: 'hall',
      event: { type, publisher, lockName: 'stage', owner, ttl: 10 },
      serverMs: 6,
    });
  await ann.client.subscribe('hall');
  told('ACQUIRED', 'bob', 'bob');
  await world.settle();
  await ann.client.subscribe('hall', { withLock: true });
  world.socket.tell({
    type: 'lock',
    channelType: 'MESSAGE',
    channel: 'hall',
    event: { type: 'SNAPSHOT', locks: [{ lockName: 'stage', owner: '', ttl: 10 }] },
    serverMs: 5,
  });
  told('ACQUIRED', 'bob', 'bob');
  told('EXPIRED', 'bob');
  told('EXPIRED', 'ann');
  await world.settle();
  expect(
    locks.map(({ eventType, publisher, owner, snapshot }) => [eventType, publisher, owner, snapshot.length]),
  ).toEqual([
    ['SNAPSHOT', '', '', 1],
    ['ACQUIRED', 'bob', 'bob', 0],
    ['RELEASED', 'bob', '', 0],
    ['EXPIRED', 'ann', '', 0],
  ]);
  expect(locks[1]).toEqual({
    channelType: 'MESSAGE',
    channelName: 'hall',
    eventType: 'ACQUIRED',
    lockName: 'stage',
    ttl: 10,
    publisher: 'bob',
    owner: 'bob',
    snapshot: [],
    timestamp: 6,
  });
});

test('RTM73: a wait for a lock has no end of its own, and is asked for again after a loss', async () => {
  const ids: number[] = [];
  world.onRequest = ({ id }) => void ids.push(id);
  const waiting = ann.client.lock.acquireLock('hall', 'MESSAGE', 'stage', { retry: true });
  await world.pass(120_000);
  expect(world.requests).toHaveLength(1);
  world.socket.drop();
  await world.pass(4_000);
  expect(world.requests).toHaveLength(2);
  // An answer to the first one, which the session that lived on still owed, is not one to anything else.
  expect(new Set(ids).size).toBe(2);
  world.socket.ok(ids[1] ?? 0);
  expect(await waiting).toMatchObject({ channelName: 'hall', lockName: 'stage' });
});

test('RTM73: it ends where the channel is left while the connection is lost, and what was given meanwhile is given back', async () => {
  const { client } = ann;
  const stream = client.createStreamChannel('hall');
  await client.subscribe('hall');
  await stream.join();
  world.onRequest = ({ id, type }, socket) => type === 'acquire-lock' || socket.ok(id);
  const waits = (['MESSAGE', 'STREAM'] as const).map((type) =>
    outcome(client.lock.acquireLock('hall', type, 'stage', { retry: true })),
  );
  const elsewhere = client.lock.acquireLock('attic', 'MESSAGE', 'key', { retry: true });
  await world.settle();
  world.socket.drop();
  await world.settle();
  await client.unsubscribe('hall');
  await stream.leave();
  await world.pass(4_000);
  expect(await Promise.all(waits)).toEqual([-14001, -14001]);
  const asked = world.of('acquire-lock').map(({ channelType, channel }) => `${channelType} ${channel}`);
  expect(asked).toEqual(['MESSAGE hall', 'STREAM hall', 'MESSAGE attic', 'MESSAGE attic']);
  expect(world.of('release-lock')).toMatchObject([{ channelType: 'MESSAGE' }, { channelType: 'STREAM' }]);
  world.socket.ok(world.of('acquire-lock').at(-1)?.id ?? 0);
  expect(await elsewhere).toMatchObject({ channelName: 'attic' });
});

test('RTM73: it ends with the refusal of the server, a logout, and a link that has failed', async () => {
  const wait = () => outcome(ann.client.lock.acquireLock('hall', 'MESSAGE', 'stage', { retry: true }));
  world.onRequest = ({ id }, socket) => socket.tell({ type: 'refused', id, code: -14008, reason: 'Gone.' });
  expect(await wait()).toBe(-14008);
  world.onRequest = () => undefined;
  const loggedOut = wait();
  await ann.client.logout();
  expect(await loggedOut).toBe(-14001);
  await ann.client.login();
  const thrownOut = wait();
  world.socket.tell({ type: 'closing', code: 'replaced', errorCode: -10013, message: 'x', retry: false });
  world.socket.drop();
  await world.settle();
  expect(await thrownOut).toBe(-14001);
});

test('RTM70: after a failure storage and locks say that there was no login in time', async () => {
  world.socket.tell({ type: 'closing', code: 'replaced', errorCode: -10013, message: 'x', retry: false });
  world.socket.drop();
  await world.settle();
  expect(await outcome(ann.client.storage.getUserMetadata())).toBe(-10011);
  expect(await outcome(ann.client.lock.getLock('x', 'MESSAGE'))).toBe(-10011);
});
