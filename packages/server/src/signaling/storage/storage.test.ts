import { afterEach, expect, test } from 'bun:test';
import {
  app,
  leaseMs,
  recoveryMs,
  SignalingWorld,
  type TestClient,
} from '../../../testing/worlds/signaling-world.ts';
import { limits } from '../../limits.ts';
import { storageBusTopic } from '../names/bus-topics.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const place = { channelType: 'MESSAGE', channel: 'lobby' };
const change = (target: object, items: object[], over: object = {}) => ({
  type: 'change-metadata',
  target,
  mode: 'set',
  items,
  majorRevision: -1,
  lockName: '',
  addTimeStamp: false,
  addUserId: true,
  ...over,
});
const item = (key: string, value = '') => ({ key, value, revision: -1 });
const lock = (type: string, over: object = {}) => ({ type, ...place, lockName: 'stage', ...over });
const told = (client: TestClient) => client.all('lock').map(({ event }) => event);

test('SIG30: who subscribes with metadata is told the whole set, then at every change', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.asks(change(place, [item('topic', 'cats')]));
  await ann.subscribes('lobby', { withMetadata: true });
  await bob.asks(change(place, [item('mood', 'good')]));
  await bob.asks(change(place, [item('topic')], { mode: 'remove' }));
  expect(ann.all('storage')).toMatchObject([
    {
      event: 'SNAPSHOT',
      target: place,
      publisher: '',
      items: [{ key: 'topic', value: 'cats', author: 'bob' }],
    },
    { event: 'UPDATE', publisher: 'bob', items: [{ key: 'topic' }, { key: 'mood' }] },
    { event: 'UPDATE', publisher: 'bob', items: [{ key: 'mood', value: 'good' }] },
  ]);
  await bob.asks(change(place, [], { mode: 'remove' }));
  expect(ann.all('storage').at(-1)).toMatchObject({ event: 'UPDATE', items: [] });
  await ann.asks({ type: 'unsubscribe', ...place });
  await bob.asks(change(place, [item('late')]));
  expect(ann.all('storage')).toHaveLength(4);
  expect(await ann.asks({ type: 'get-metadata', target: place })).toMatchObject({
    result: { totalCount: 1 },
  });
});

test('SIG30: of changes of one moment the last is told, with its revision and all that there is', async () => {
  const w = await begin();
  const users = [await w.login('ann'), await w.login('bob'), await w.login('cid')];
  const [ann] = users;
  await ann?.subscribes('lobby', { withMetadata: true });
  for (const client of users)
    client.handler?.onText(JSON.stringify({ id: 901, ...change(place, [item(client.userId)]) }));
  await w.settled();
  const { majorRevision } = w.log.known({
    app: app.id,
    kind: 'message',
    name: 'lobby',
  }).metadata;
  const updates = ann?.all('storage').filter(({ event }) => event === 'UPDATE') ?? [];
  for (const { majorRevision: told, items } of updates)
    expect(Math.max(...items.map(({ revision }) => revision))).toBe(told);
  expect(updates.at(-1)).toMatchObject({
    majorRevision,
    publisher: 'cid',
    items: [{ key: 'ann' }, { key: 'bob' }, { key: 'cid' }],
  });
});

test('SIG30: a user’s metadata is followed by itself, also over a lost connection', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.subscribes('lobby');
  await ann.asks({ type: 'subscribe-user-metadata', userId: 'bob' });
  await bob.asks(change({ userId: 'bob' }, [item('name', 'Bob')]));
  expect(ann.all('storage')).toMatchObject([
    { event: 'SNAPSHOT', target: { userId: 'bob' }, items: [] },
    { event: 'UPDATE', target: { userId: 'bob' }, publisher: 'bob', items: [{ value: 'Bob' }] },
  ]);
  await ann.drops();
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.all('storage')).toMatchObject([{ event: 'SNAPSHOT', items: [{ value: 'Bob' }] }]);
  await again.asks({ type: 'unsubscribe-user-metadata', userId: 'bob' });
  await bob.asks(change({ userId: 'bob' }, [item('name', 'Rob')]));
  expect(again.all('storage')).toHaveLength(1);
});

test('SIG31: what becomes of locks is told, after how they are', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await ann.subscribes('lobby', { withLock: true });
  await bob.asks(lock('acquire-lock', { retry: false }));
  expect(await ann.asks(lock('acquire-lock', { retry: false }))).toMatchObject({ code: -14007 });
  await bob.asks(lock('release-lock'));
  await bob.asks(lock('remove-lock'));
  expect(told(ann)).toEqual([
    { type: 'SNAPSHOT', locks: [{ lockName: 'stage', owner: '', ttl: 10 }] },
    { type: 'ACQUIRED', publisher: 'bob', lockName: 'stage', owner: 'bob', ttl: 10 },
    { type: 'RELEASED', publisher: 'bob', lockName: 'stage', owner: '', ttl: 10 },
    { type: 'REMOVED', publisher: 'bob', lockName: 'stage', owner: '', ttl: 10 },
  ]);
  expect(await ann.asks({ type: 'get-locks', ...place })).toMatchObject({ result: { locks: [] } });
});

test('SIG31: a wait for a lock holds up nothing else, and is answered when it is had, or given up', async () => {
  const w = await begin();
  const [ann, bob, cid] = [await w.login('ann'), await w.login('bob'), await w.login('cid')];
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: true }));
  await ann.says({ id: 901, ...lock('acquire-lock', { retry: true }) });
  await cid.says({ id: 902, ...lock('acquire-lock', { retry: true }) });
  expect((await ann.asks({ type: 'get-locks', ...place })).type).toBe('ok');
  expect(ann.all('ok').some(({ id }) => id === 901)).toBe(false);
  await cid.asks({ type: 'unsubscribe', ...place });
  expect(cid.all('refused')).toMatchObject([{ id: 902, code: -14001 }]);
  await bob.asks(lock('release-lock'));
  expect(ann.all('ok').some(({ id }) => id === 901)).toBe(true);
  expect(await bob.asks({ type: 'get-locks', ...place })).toMatchObject({
    result: { locks: [{ owner: 'ann' }] },
  });
});

test('SIG31: a wait for a lock ends with the session, however that ends, and nothing is left of it', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  const { waiters } = w.signaling.parts;
  const endings: ((client: TestClient) => Promise<unknown>)[] = [
    (client) => client.says({ type: 'logout' }),
    async (client) => {
      await client.drops();
      await w.advance(leaseMs + 2_000);
    },
    () => w.login('ann'),
    () => w.signaling.backend.endSession(app.id, 'ann'),
  ];
  for (const end of endings) {
    const ann = await w.login('ann');
    await ann.says({ id: 901, ...lock('acquire-lock', { retry: true }) });
    expect(waiters.size).toBe(1);
    await end(ann);
    expect(waiters.size).toBe(0);
  }
  await bob.asks(lock('release-lock'));
  expect(await bob.asks({ type: 'get-locks', ...place })).toMatchObject({
    result: { locks: [{ owner: '' }] },
  });
});

test('SIG31: all who wait for a lock are told when it is removed', async () => {
  const w = await begin();
  const [ann, bob, cid] = [await w.login('ann'), await w.login('bob'), await w.login('cid')];
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  await ann.says({ id: 901, ...lock('acquire-lock', { retry: true }) });
  await cid.says({ id: 902, ...lock('acquire-lock', { retry: true }) });
  await bob.asks(lock('remove-lock'));
  expect([...ann.all('refused'), ...cid.all('refused')]).toMatchObject([
    { id: 901, code: -14008 },
    { id: 902, code: -14008 },
  ]);
});

test('SIG31: a lock that is had while the connection is away is answered when it is back', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.subscribes('other');
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  await ann.says({ id: 901, ...lock('acquire-lock', { retry: true }) });
  await ann.drops();
  await bob.asks(lock('release-lock'));
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.all('ok')).toMatchObject([{ id: 901 }]);
});

test('SIG31: who asks again for a lock while an earlier wait is decided has it, and keeps it', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.asks(lock('set-lock', { ttl: 10 }));
  // Both of one turn: the second takes the place of the first, which gets the lock all the same.
  const asks = (client: TestClient, id: number, retry: boolean) =>
    client.handler?.onText(JSON.stringify({ id, ...lock('acquire-lock', { retry }) }));
  asks(ann, 901, true);
  asks(ann, 902, true);
  await w.settled();
  expect(ann.all('refused')).toMatchObject([{ id: 901, code: -14001 }]);
  expect(ann.all('ok').map(({ id }) => id)).toEqual([902]);
  await w.settled();
  expect(await bob.asks({ type: 'get-locks', ...place })).toMatchObject({
    result: { locks: [{ owner: 'ann' }] },
  });
});

test('SIG31: a client that waits for as many locks as it may asks for them again after a loss', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.subscribes('lobby');
  const named = (type: string, at: number, over: object = {}) => lock(type, { lockName: `l${at}`, ...over });
  const { signalingWaitsMax } = limits;
  for (let at = 0; at < signalingWaitsMax; at++) {
    await bob.asks(named('set-lock', at, { ttl: 10 }));
    await bob.asks(named('acquire-lock', at, { retry: false }));
    // This is the pace that the rate of requests about locks allows.
    await w.advance(100);
    await ann.says({ id: 900 + at, ...named('acquire-lock', at, { retry: true }) });
  }
  await ann.drops();
  const again = await w.login('ann', { session: ann.welcome.session });
  for (let at = 0; at < signalingWaitsMax; at++)
    await again.says({ id: 1_000 + at, ...named('acquire-lock', at, { retry: true }) });
  // Those from before are given up for them.
  const refusedIds = again.all('refused').map(({ id }) => id);
  expect(refusedIds).toEqual(Array.from({ length: signalingWaitsMax }, (_, at) => 900 + at));
  await bob.asks(named('release-lock', 7));
  expect(again.all('ok')).toMatchObject([{ id: 1_007 }]);
  await bob.asks(lock('set-lock', { channel: 'attic', ttl: 10 }));
  await bob.asks(lock('acquire-lock', { channel: 'attic', retry: false }));
  await again.says({ id: 2_000, ...lock('acquire-lock', { channel: 'attic', retry: true }) });
  await again.says({ id: 2_001, ...named('acquire-lock', 7, { channel: 'attic', retry: true }) });
  expect(again.all('refused').at(-1)).toMatchObject({ id: 2_001, code: -14003 });
});

test('SIG30: who follows as many users as they may can ask for one of them again', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const follow = (at: number) => ann.asks({ type: 'subscribe-user-metadata', userId: `user ${at}` });
  for (let at = 0; at < limits.signalingFollowedUsersMax; at++) {
    expect((await follow(at)).type).toBe('ok');
    await w.advance(50);
  }
  expect((await follow(3)).type).toBe('ok');
  expect(await follow(limits.signalingFollowedUsersMax)).toMatchObject({ code: -12017 });
});

test('SIG140: who waits for a lock and is away holds up nobody, and may have it when they are back', async () => {
  const w = await begin();
  const [ann, bob, cid] = [await w.login('ann'), await w.login('bob'), await w.login('cid')];
  const owner = () => {
    const { locks } = w.log.known({ app: app.id, kind: 'message', name: 'lobby' });
    return locks.stage?.owner;
  };
  await ann.asks(lock('set-lock', { ttl: 10 }));
  await ann.asks(lock('acquire-lock', { retry: false }));
  await bob.subscribes('other');
  await bob.says({ id: 901, ...lock('acquire-lock', { retry: true }) });
  await cid.says({ id: 902, ...lock('acquire-lock', { retry: true }) });
  // Without a word from bob the path is as good as lost, whether a socket closes or not.
  bob.answersPings = false;
  for (let at = 0; at < 6; at++) {
    await w.advance(1_000);
    await ann.says({ type: 'ping' });
    await cid.says({ type: 'ping' });
  }
  await ann.asks(lock('release-lock'));
  expect(owner()).toBe('cid');
  await cid.asks(lock('release-lock'));
  expect(owner()).toBeUndefined();
  await bob.says({ type: 'ping' });
  await w.settled();
  expect(bob.all('ok').some(({ id }) => id === 901)).toBe(true);
  // The same with a socket that is closed.
  await cid.says({ id: 903, ...lock('acquire-lock', { retry: true }) });
  await cid.subscribes('other');
  await cid.drops();
  await bob.asks(lock('release-lock'));
  expect(owner()).toBeUndefined();
  const again = await w.login('cid', { session: cid.welcome.session });
  await w.settled();
  expect(again.all('ok').map(({ id }) => id)).toContain(903);
  expect(owner()).toBe('cid');
});

test('SIG32: a holder who is gone keeps the lock for its time to live, one who is back for good', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  await ann.subscribes('lobby', { withLock: true });
  await bob.says({ type: 'logout' });
  await w.advance(8_000);
  const back = await w.login('bob');
  await w.advance(8_000);
  expect(told(ann)).toHaveLength(1);
  await back.drops();
  await w.advance(leaseMs + 8_000);
  expect(told(ann)).toHaveLength(1);
  await w.advance(4_000);
  expect(told(ann).at(-1)).toEqual({
    type: 'EXPIRED',
    publisher: 'bob',
    lockName: 'stage',
    owner: '',
    ttl: 10,
  });
});

test('SIG32: a lock that is had by who went in the same moment runs out as well', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const owner = () => w.log.known({ app: app.id, kind: 'message', name: 'lobby' }).locks.stage?.owner;
  await bob.asks(lock('set-lock', { ttl: 10 }));
  // Both happen in one turn: the session is over before it is decided who has the lock.
  ann.handler?.onText(JSON.stringify({ id: 901, ...lock('acquire-lock', { retry: false }) }));
  const ended = w.signaling.backend.endSession(app.id, 'ann');
  await w.settled();
  expect(await ended).toBeTrue();
  expect(owner()).toBe('ann');
  await w.advance(11_000);
  expect(owner()).toBeUndefined();
});

test('SIG32: that a holder is gone, or is back, counts also if the disk is full when it happens', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const owner = () => w.log.known({ app: app.id, kind: 'message', name: 'lobby' }).locks.stage?.owner;
  const whileFull = async (happens: () => Promise<unknown>) => {
    w.disk.faults.spaceBytesLeft = 10;
    await happens();
    await w.advance(2_000);
    w.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await w.advance(2_000);
  };
  const later = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await w.advance(1_000);
      await ann.says({ type: 'ping' });
    }
  };
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  const endsBob = async () => void w.signaling.backend.endSession(app.id, 'bob');
  await whileFull(endsBob);
  expect(owner()).toBe('bob');
  await later(10);
  expect(owner()).toBeUndefined();
  const back = await w.login('bob');
  await back.asks(lock('acquire-lock', { retry: false }));
  await endsBob();
  await w.settled();
  await later(2);
  await whileFull(() => w.login('bob'));
  await later(20);
  expect(owner()).toBe('bob');
});

test('SIG32: after a crash a holder who comes back has it still', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.asks(lock('set-lock', { ttl: 10 }));
  await bob.asks(lock('acquire-lock', { retry: false }));
  await w.crash();
  await w.start();
  await w.login('bob');
  await w.advance(recoveryMs + 20_000);
  const ann = await w.login('ann');
  expect(await ann.asks({ type: 'get-locks', ...place })).toMatchObject({
    result: { locks: [{ owner: 'bob' }] },
  });
});

test('SIG36: one writer cannot drown those who follow metadata', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby', { withMetadata: true });
  const { audiences } = w.signaling.parts;
  for (let at = 0; at < 20_000; at++)
    audiences.enter(storageBusTopic({ app: app.id, kind: 'message', name: 'lobby' }));
  const long = { ...item('a'), value: 'v'.repeat(15_000) };
  expect((await ann.asks(change(place, [long]))).type).toBe('ok');
  expect(await ann.asks(change(place, [item('b')]))).toMatchObject({ type: 'refused', code: -10021 });
  expect((await ann.asks(change({ userId: 'ann' }, [item('b')]))).type).toBe('ok');
});

test('SIG160: a set of many small items costs its writer what it is when it is told, not what its texts are', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const items = Array.from({ length: 1_000 }, (_, at) => ({ ...item(`${at}`), value: '' }));
  const stamped = { addTimeStamp: true, addUserId: true };
  expect((await ann.asks({ ...change(place, items), ...stamped })).type).toBe('ok');
  await bob.subscribes('lobby', { withMetadata: true });
  const { audiences } = w.signaling.parts;
  // At 1,000 followers the texts alone, 3 kB, would allow a hundred such changes.
  for (let at = 0; at < 1_000; at++)
    audiences.enter(storageBusTopic({ app: app.id, kind: 'message', name: 'lobby' }));
  const told = (): number => JSON.stringify(bob.all('storage').at(-1)).length;
  const burst = 5 * limits.signalingDeliveredBytesPerSecondMax;
  let sent = 0;
  while ((await ann.asks(change(place, [item('1')]))).type === 'ok') sent += told() * 1_001;
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThanOrEqual(burst);
});
