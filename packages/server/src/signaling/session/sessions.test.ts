import { afterEach, expect, test } from 'bun:test';
import {
  app,
  leaseMs,
  loginFrame,
  recoveryMs,
  SignalingWorld,
  subscription,
  tokenOf,
} from '../../../testing/worlds/signaling-world.ts';
import { fixed } from '../../fixed-limits.ts';
import { limits } from '../../limits.ts';
import type { SignalingApp } from '../names/app.ts';

let world: SignalingWorld | undefined;
async function begin(changes: Partial<SignalingApp> = {}): Promise<SignalingWorld> {
  world = await SignalingWorld.start(changes);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test('SIG11, BACK1: a login is answered by a welcome with a session, its key, and the leases', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  expect(ann.frames).toEqual([
    {
      type: 'welcome',
      session: { id: expect.stringMatching(/^[A-Z2-7]{24}$/), key: expect.stringMatching(/^hcs1\./) },
      resumed: false,
      attempt: 0,
      serverMs: expect.any(Number),
      pingMs: fixed.pingMs,
      leaseMs: 10_000,
      recoveryMs,
    },
  ]);
});

test('SIG11: a login that cannot be taken is closed with the code and the number of the API', async () => {
  const w = await begin();
  const login = (over: Record<string, unknown>) => loginFrame('ann', w.clock.nowMs(), over);
  const cases: readonly [object | string, string, number | undefined][] = [
    [login({ token: undefined }), 'token_required', -10005],
    [login({ token: tokenOf('bob', w.clock.nowMs()) }), 'token_uid_mismatch', -10005],
    [login({ token: tokenOf('ann', w.clock.nowMs() - 7_200_000, 3_600) }), 'token_expired', -10009],
    [login({ app: 'a'.repeat(32) }), 'invalid_app_id', -10003],
    [login({ app: 'short' }), 'invalid_app_id', -10003],
    [login({ userId: '_ann' }), 'invalid_user_id', -10006],
    [login({ userId: 'a.b' }), 'invalid_user_id', -10006],
    [login({ version: 2 }), 'version_unsupported', undefined],
    [login({ more: 1 }), 'frame_invalid', undefined],
    [{ type: 'ping' }, 'frame_unexpected', undefined],
    ['nonsense', 'frame_not_json', undefined],
  ];
  for (const [frame, code, errorCode] of cases) {
    const client = await w.connect().says(frame);
    expect([code, client.closing]).toMatchObject([code, { code, ...(errorCode && { errorCode }) }]);
    expect(client.closed).toBeDefined();
  }
});

test('SIG11: a socket that says nothing is closed after helloMs', async () => {
  const w = await begin();
  const client = w.connect();
  await w.advance(limits.helloMs + 2 * fixed.sweepMs);
  expect(client.closing?.code).toBe('hello_timeout');
});

test('SIG12: a second login of the same user ends the first, and others see no change if it subscribes again', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const first = await w.login('ann');
  await first.subscribes('lobby');
  bob.news();
  const second = await w.login('ann');
  expect(first.closing).toMatchObject({ code: 'replaced', errorCode: -10013, retry: false });
  await second.subscribes('lobby');
  await w.advance(5_000);
  expect(bob.news()).toEqual([]);
  expect(w.subscribers()).toEqual(['bob', 'ann']);
});

test('SIG12: what the first session was in and the second is not, it leaves', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const first = await w.login('ann');
  await first.subscribes('lobby');
  bob.news();
  await w.login('ann');
  await w.advance(5_000);
  expect(bob.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'ann' }]);
});

test('SIG13: a session is taken up again within its lease, with its subscriptions, and nobody is told', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.asks({ type: 'set-state', channelType: 'MESSAGE', channel: 'lobby', states: { mood: 'good' } });
  bob.news();
  await ann.drops();
  await w.advance(leaseMs - 2_000);
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.welcome).toMatchObject({ resumed: true, session: { id: ann.welcome.session.id } });
  await w.advance(60_000);
  expect(bob.news()).toEqual([]);
  // Told anew who is there, because it may have missed something.
  expect(again.news()).toEqual([
    {
      type: 'SNAPSHOT',
      occupants: [
        { userId: 'bob', states: {} },
        { userId: 'ann', states: { mood: 'good' } },
      ],
    },
  ]);
  await bob.asks({ type: 'publish', channelType: 'MESSAGE', channel: 'lobby', content: { text: 'hi' } });
  expect(again.all('message')).toHaveLength(1);
});

test('SIG13: after its lease a lost session is told as a timeout, and begins anew', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  bob.news();
  await ann.drops();
  await w.advance(leaseMs + 5_000);
  expect(bob.news()).toEqual([{ type: 'REMOTE_TIMEOUT', userId: 'ann' }]);
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.welcome.resumed).toBe(false);
  expect(again.welcome.session.id).not.toBe(ann.welcome.session.id);
});

test('SIG13: a client that is silent, though its socket is open, times out by its lease', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  ann.answersPings = false;
  bob.news();
  await w.advance(leaseMs - 1_000);
  expect(bob.news()).toEqual([]);
  await w.advance(5_000);
  expect(bob.news()).toEqual([{ type: 'REMOTE_TIMEOUT', userId: 'ann' }]);
  expect(ann.closing).toMatchObject({ code: 'lease_ended', retry: true });
});

test('SIG133: long frames that wait for an earlier one end the connection, and what waited is not done', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  const sends = (frame: object) => ann.handler?.onText(JSON.stringify(frame));
  const place = { channelType: 'MESSAGE', channel: 'lobby' };
  const long = { type: 'publish', id: 1, ...place, content: { text: '\u0000'.repeat(10_000) } };
  const count = Math.floor(limits.signalingPendingCharsMax / JSON.stringify(long).length);
  sends({ ...subscription('hall'), id: 0 });
  for (let at = 0; at < count; at += 1) sends(long);
  await w.settled();
  expect(ann.closing).toBeUndefined();
  expect(bob.all('message')).toHaveLength(count);
  // The same once more, and one over it.
  sends({ ...subscription('stage'), id: 0 });
  for (let at = 0; at <= count; at += 1) sends(long);
  expect(ann.closing).toMatchObject({ code: 'rate_limited', retry: true });
  await w.settled();
  expect(bob.all('message')).toHaveLength(count);
});

test('SIG133: too many short frames that wait for an earlier one end the connection, and what waited is not done', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const sends = (frame: object) => ann.handler?.onText(JSON.stringify(frame));
  const count = limits.signalingPendingFramesMax;
  // Frames of topics count for little, so that this many may come at once.
  const short = { type: 'publish-topic', id: 1, channel: 'lobby', topic: 'moves', content: { text: '' } };
  sends({ ...subscription('hall'), id: 0 });
  for (let at = 0; at < count; at += 1) sends(short);
  await w.settled();
  expect(ann.closing).toBeUndefined();
  expect(ann.all('refused')).toHaveLength(count);
  // The same once more, and one over it.
  await w.advance(10_000);
  sends({ ...subscription('stage'), id: 0 });
  for (let at = 0; at <= count; at += 1) sends(short);
  expect(ann.closing).toMatchObject({ code: 'rate_limited', retry: true });
  await w.settled();
  expect(ann.all('refused')).toHaveLength(count);
});

test('SIG131: when too much waits for all together, those furthest behind make room, and keep their sessions', async () => {
  const w = await begin();
  const clients = [];
  for (let at = 0; at < 200; at += 1) {
    const client = await w.login(`reader ${at}`);
    await client.subscribes('lobby', { withPresence: false });
    client.backlog = 3 * 1024 * 1024 + at;
    clients.push(client);
  }
  await w.advance(1_000);
  // 600 MiB waited; 30 of 3 MiB make it less than 512.
  const cut = clients.filter(({ closed }) => closed);
  expect(cut.map(({ userId }) => userId)).toEqual(clients.slice(-30).map(({ userId }) => userId));
  expect(cut[0]?.closing).toMatchObject({ code: 'slow_reader', retry: true });
  const back = await w.login('reader 199', { session: clients[199]?.welcome.session });
  expect(back.welcome.resumed).toBe(true);
});

test('SIG13: a silent client that subscribes to nothing is gone at the end of its lease too: for messages, and for its locks', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const place = { channelType: 'MESSAGE', channel: 'lobby', lockName: 'stage' };
  await ann.asks({ type: 'set-lock', ...place, ttl: 10 });
  await ann.asks({ type: 'acquire-lock', ...place, retry: false });
  const tells = () =>
    bob.asks({ type: 'publish', channelType: 'USER', channel: 'ann', content: { text: 'there?' } });
  ann.answersPings = false;
  await w.advance(leaseMs - 1_000);
  expect((await tells()).type).toBe('ok');
  await w.advance(2_000);
  expect(ann.closing).toMatchObject({ code: 'lease_ended', retry: true });
  expect(await tells()).toMatchObject({ code: -11033 });
  expect(await bob.asks({ type: 'acquire-lock', ...place, retry: false })).toMatchObject({ code: -14007 });
  await w.advance(10_000);
  expect((await bob.asks({ type: 'acquire-lock', ...place, retry: false })).type).toBe('ok');
});

test('BACK25: a session in no channel is kept for its lease when its connection is lost, and no longer', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.asks({ type: 'subscribe-user-metadata', userId: 'bob' });
  const status = () => w.signaling.backend.statusOf(app.id, 'ann');
  await ann.drops();
  await w.advance(leaseMs - 1_000);
  expect(status()).toBe('reconnecting');
  const back = await w.login('ann', { session: ann.welcome.session });
  expect(back.welcome).toMatchObject({ resumed: true, session: { id: ann.welcome.session.id } });
  await bob.asks({
    type: 'change-metadata',
    target: { userId: 'bob' },
    mode: 'set',
    items: [{ key: 'mood', value: 'good', revision: -1 }],
    majorRevision: -1,
    lockName: '',
    addTimeStamp: false,
    addUserId: false,
  });
  await w.settled();
  expect(back.all('storage').at(-1)).toMatchObject({ items: [{ key: 'mood' }] });
  await back.drops();
  await w.advance(leaseMs + 2_000);
  expect(status()).toBe('offline');
  expect((await w.login('ann', { session: back.welcome.session })).welcome).toMatchObject({ resumed: false });
});

test('SIG13: silence that ends within the lease is nobody’s news', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  ann.answersPings = false;
  bob.news();
  await w.advance(6_000);
  await ann.says({ type: 'ping' });
  expect(ann.all('pong')).toHaveLength(1);
  ann.answersPings = true;
  await w.advance(20_000);
  expect(bob.news()).toEqual([]);
  expect(ann.closed).toBeUndefined();
});

test('SIG13: an app may leave the lease to the client’s own settings', async () => {
  const w = await begin({ signaling: { ...app.signaling, lease: 'client' } });
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann', { heartbeatInterval: 5, presenceTimeout: 5 });
  await ann.subscribes('lobby');
  bob.news();
  await ann.drops();
  await w.advance(19_000);
  expect(bob.news()).toEqual([]);
  await w.advance(4_000);
  expect(bob.news()).toEqual([{ type: 'REMOTE_TIMEOUT', userId: 'ann' }]);
});

test('SIG13: a key that is not this server’s, or another user’s, begins a new session', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.drops();
  const { id, key } = ann.welcome.session;
  const forged = await w.login('bob', { session: { id, key } });
  expect(forged.welcome.resumed).toBe(false);
  expect(forged.welcome.session.id).not.toBe(id);
  const broken = await w.login('cid', { session: { id, key: `${key}x` } });
  expect(broken.welcome.resumed).toBe(false);
});

test('SIG13: a device that comes back does not push out the newer one', async () => {
  const w = await begin();
  const first = await w.login('ann');
  await first.subscribes('lobby');
  const second = await w.login('ann');
  const back = await w.login('ann', { session: first.welcome.session });
  expect(back.closing).toMatchObject({ code: 'replaced', retry: false });
  expect(second.closed).toBeUndefined();
});

test('SIG13: a client that was welcomed to a new session, and never heard of it, is not a newer device', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.drops();
  await w.advance(leaseMs + 5_000);
  const { session } = ann.welcome;
  // Its path breaks with the welcome on the way: the server sees an open socket.
  const unheard = await w.login('ann', { session });
  expect(unheard.welcome.session.id).not.toBe(session.id);
  const again = await w.login('ann', { session });
  expect(again.closing).toBeUndefined();
  expect(again.welcome.resumed).toBe(false);
  expect(unheard.closing?.code).toBe('replaced');
  await again.subscribes('lobby');
  expect(w.subscribers()).toEqual(['ann']);

  // A device that took the place in between still has it.
  const newer = await w.login('ann');
  for (const lost of [session, again.welcome.session])
    expect((await w.login('ann', { session: lost })).closing?.code).toBe('replaced');
  expect(newer.closed).toBeUndefined();
});

test('SIG13: a newer login in the middle of a return has the user', async () => {
  const w = await begin();
  const first = await w.login('ann');
  await first.subscribes('lobby');
  await first.drops();
  const back = w.connect();
  const second = w.connect();
  const nowMs = w.clock.nowMs();
  back.handler?.onText(JSON.stringify(loginFrame('ann', nowMs, { session: first.welcome.session })));
  second.handler?.onText(JSON.stringify(loginFrame('ann', nowMs)));
  await w.settled();
  expect(back.closing).toMatchObject({ code: 'replaced' });
  expect(second.welcome.resumed).toBe(false);
  expect(second.closed).toBeUndefined();
  await w.advance(20_000);
  expect(w.subscribers()).toEqual([]);
});

test('SIG13: of two sockets that return at once the later has the session, and nobody is told', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  bob.news();
  await ann.drops();
  const session = { session: ann.welcome.session };
  const [one, two] = [w.connect(), w.connect()];
  for (const client of [one, two])
    client.handler?.onText(JSON.stringify(loginFrame('ann', w.clock.nowMs(), session)));
  await w.settled();
  expect(one.closing?.code).toBe('replaced');
  expect(two.welcome.resumed).toBe(true);
  await w.advance(20_000);
  expect(bob.news()).toEqual([]);
  await bob.asks({ type: 'publish', channelType: 'MESSAGE', channel: 'lobby', content: { text: 'a' } });
  expect(two.all('message')).toHaveLength(1);
});

test('SIG165: a login that was given up, which comes late, does not end the newer one', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  expect(ann.welcome.attempt).toBe(0);
  await ann.subscribes('lobby');
  await ann.drops();
  const { session } = ann.welcome;
  const newer = await w.login('ann', { session, attempt: 2 });
  expect(newer.welcome).toMatchObject({ resumed: true, attempt: 2 });
  const late = await w.login('ann', { session, attempt: 1 });
  expect(late.closing).toMatchObject({ code: 'replaced', retry: false });
  expect(newer.closed).toBeUndefined();
  await newer.drops();
  expect((await w.login('ann', { session, attempt: 3 })).welcome.resumed).toBe(true);
  expect(w.subscribers()).toEqual(['ann']);
});

test('SIG165: nor one for the session before, when the client has another instead of it', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.drops();
  await w.advance(leaseMs + 5_000);
  const { session } = ann.welcome;
  const newer = await w.login('ann', { session, attempt: 2 });
  expect(newer.welcome).toMatchObject({ resumed: false, attempt: 2 });
  expect((await w.login('ann', { session, attempt: 1 })).closing?.code).toBe('replaced');
  expect(newer.closed).toBeUndefined();
});

test('SIG13: a connection that breaks while it subscribes or returns leaves nobody behind for ever', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('other');
  ann.handler?.onText(JSON.stringify({ id: 9, ...subscription('lobby') }));
  ann.close(1006, '');
  await w.settled();
  const back = w.connect();
  back.handler?.onText(JSON.stringify(loginFrame('ann', w.clock.nowMs(), { session: ann.welcome.session })));
  back.close(1006, '');
  await w.settled();
  const eve = await w.login('eve');
  await eve.subscribes('other');
  eve.handler?.onText(JSON.stringify({ id: 9, ...subscription('lobby') }));
  eve.close(1006, '');
  const cid = await w.login('cid');
  cid.handler?.onText(JSON.stringify({ id: 9, ...subscription('lobby') }));
  cid.close(1006, '');
  const dan = await w.login('dan');
  dan.handler?.onText(JSON.stringify({ id: 9, ...subscription('lobby') }));
  dan.handler?.onText(JSON.stringify({ type: 'logout' }));
  await w.settled();
  // A user who said goodbye is gone at once.
  expect(w.subscribers('lobby')).toEqual(['bob', 'ann', 'eve', 'cid']);
  await w.advance(leaseMs + 5_000);
  expect(w.subscribers('lobby')).toEqual(['bob']);
  expect(w.subscribers('other')).toEqual([]);
});

test('SIG14: after a crash a session comes back under its id, and nobody is told', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await ann.asks({ type: 'set-state', channelType: 'MESSAGE', channel: 'lobby', states: { mood: 'good' } });
  await w.crash();
  await w.start();
  const annAgain = await w.login('ann', { session: ann.welcome.session });
  // The server does not know with which options it subscribed: it does so anew.
  expect(annAgain.welcome).toMatchObject({ resumed: false, session: { id: ann.welcome.session.id } });
  await annAgain.subscribes('lobby');
  annAgain.news();
  const bobAgain = await w.login('bob', { session: bob.welcome.session });
  await bobAgain.subscribes('lobby');
  await w.advance(recoveryMs + 5_000);
  expect(annAgain.news()).toEqual([]);
  expect(bobAgain.news().at(-1)).toEqual({
    type: 'SNAPSHOT',
    occupants: [
      { userId: 'bob', states: {} },
      { userId: 'ann', states: { mood: 'good' } },
    ],
  });
});

test('SIG3, SIG14: who subscribes anew brings all of its states, whatever is left of those that it had', async () => {
  const w = await begin();
  const large = (name: string) =>
    Object.fromEntries([1, 2, 3, 4, 5].map((at) => [`${name}${at}`, 'x'.repeat(1_000)]));
  const ann = await w.login('ann');
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  await ann.subscribes('lobby', { states: large('old') });
  await w.crash();
  await w.start();
  const back = [];
  for (const client of [ann, bob])
    back.push(await w.login(client.userId, { session: client.welcome.session }));
  const [annAgain, bobAgain] = back;
  await bobAgain?.subscribes('lobby');
  bobAgain?.news();
  expect(await annAgain?.subscribes('lobby', { states: large('new') })).toMatchObject({ type: 'ok' });
  expect(bobAgain?.news()).toEqual([{ type: 'REMOTE_STATE_CHANGED', userId: 'ann', states: large('new') }]);
  // Without any it keeps those it has; too many are refused, and the subscription with them.
  await annAgain?.subscribes('lobby');
  expect(await annAgain?.subscribes('lobby', { states: { ...large('a'), ...large('b') } })).toMatchObject({
    code: -13009,
  });
  expect(bobAgain?.news()).toEqual([]);
});

test('SIG14: a client that never heard that it must subscribe anew is told so again', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  const { session } = ann.welcome;
  await w.crash();
  await w.start();
  // Its path breaks with the welcome on the way, which the server may see or not.
  const unheard = await w.login('ann', { session });
  expect(unheard.welcome.resumed).toBe(false);
  const again = await w.login('ann', { session });
  expect(again.welcome).toMatchObject({ resumed: false, session: { id: session.id } });
  await again.drops();
  const heard = await w.login('ann', { session });
  expect(heard.welcome.resumed).toBe(false);
  await heard.subscribes('lobby');
  await heard.drops();
  const last = await w.login('ann', { session });
  expect(last.welcome.resumed).toBe(true);
  const bob = await w.login('bob');
  await bob.asks({ type: 'publish', channelType: 'MESSAGE', channel: 'lobby', content: { text: 'a' } });
  expect(last.all('message')).toHaveLength(1);
});

test('SIG14: who does not come back after a crash times out; one who logs in anew ends what was left', async () => {
  const w = await begin();
  const clients = [];
  for (const name of ['ann', 'bob', 'cid']) {
    const client = await w.login(name);
    await client.subscribes('lobby');
    clients.push(client);
  }
  await w.crash();
  await w.start();
  const ann = await w.login('ann', clients[0] && { session: clients[0].welcome.session });
  await ann.subscribes('lobby');
  ann.news();
  await w.login('bob');
  await w.advance(5_000);
  expect(ann.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'bob' }]);
  await w.advance(recoveryMs);
  expect(ann.news()).toEqual([{ type: 'REMOTE_TIMEOUT', userId: 'cid' }]);
});

test('SIG15: logout leaves every channel at once, and is answered when that is done', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  const ann = await w.login('ann');
  for (const channel of ['a', 'b']) {
    await bob.subscribes(channel);
    await ann.subscribes(channel);
  }
  await ann.says({ type: 'logout' });
  expect(ann.closing).toMatchObject({ code: 'left', retry: false });
  expect(w.subscribers('a')).toEqual(['bob']);
  await w.advance(3_000);
  expect(bob.news('a').at(-1)).toEqual({ type: 'REMOTE_LEAVE', userId: 'ann' });
  expect(bob.presence('b').at(-1)).toEqual({ type: 'REMOTE_LEAVE', userId: 'ann' });
});

test('SIG16: a token’s end is warned of 30 s before, once, and ends the session unless renewed', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const ann = await w.login('ann', { token: tokenOf('ann', w.clock.nowMs(), 60) });
  const cid = await w.login('cid', { token: tokenOf('cid', w.clock.nowMs(), 60) });
  await ann.subscribes('lobby');
  await cid.subscribes('lobby');
  bob.news();
  await w.advance(25_000);
  expect(ann.all('token-will-expire')).toEqual([]);
  await w.advance(10_000);
  expect(ann.all('token-will-expire')).toHaveLength(1);
  expect(await cid.asks({ type: 'renew-token', token: tokenOf('ann', w.clock.nowMs()) })).toMatchObject({
    type: 'refused',
    code: -10005,
  });
  expect(await cid.asks({ type: 'renew-token', token: tokenOf('cid', w.clock.nowMs(), 90) })).toMatchObject({
    type: 'ok',
  });
  await w.advance(40_000);
  expect(ann.closing).toMatchObject({ code: 'token_expired', errorCode: -10009 });
  expect(ann.all('token-will-expire')).toHaveLength(1);
  expect(cid.closed).toBeUndefined();
  expect(bob.news()).toEqual([{ type: 'REMOTE_LEAVE', userId: 'ann' }]);
  expect(w.subscribers()).toEqual(['bob', 'cid']);
});

test('SIG17: a server that stops tells everybody when to come back, and writes no leave', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  await w.signaling.stop(2_000);
  expect(ann.closing).toMatchObject({ code: 'going_away', retry: true, retryAfterMs: 2_000 });
  await w.settled();
  expect(w.subscribers()).toEqual(['ann']);
  expect(w.connect().closing?.code).toBe('going_away');
});

test('SIG18: floods, large frames, bytes and slow readers end the one connection by name', async () => {
  const w = await begin();
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  const flooder = await w.login('flooder');
  for (let i = 0; i <= limits.signalingFramesPerSecondMax * 5; i++)
    flooder.handler?.onText('{"type":"ping"}');
  expect(flooder.closing?.code).toBe('rate_limited');
  const giant = await w.login('giant');
  await giant.says(JSON.stringify({ type: 'ping', pad: 'é'.repeat(40_000) }));
  expect(giant.closing?.code).toBe('frame_too_large');
  const binary = await w.login('binary');
  binary.handler?.onBinary();
  expect(binary.closing?.code).toBe('frame_not_json');
  const slow = await w.login('slow');
  await slow.subscribes('lobby');
  slow.backlog = limits.socketBacklogBytesMax + 1;
  await w.advance(2 * fixed.sweepMs);
  expect(slow.closing).toMatchObject({ code: 'slow_reader', retry: true });
  expect(bob.closed).toBeUndefined();
  expect(
    (await bob.asks({ type: 'publish', channelType: 'MESSAGE', channel: 'lobby', content: { text: '' } }))
      .type,
  ).toBe('ok');
});

test('SIG163: who comes back over and over is held to what their subscriptions cost, and their session lasts', async () => {
  const w = await begin();
  let ann = await w.login('ann');
  const { signalingRenewalsPerSecondMax: perSecond, signalingSubscriptionsMax: channels } = limits;
  for (let at = 0; at < channels; at += 1) {
    await ann.subscribes(`room ${at}`, { withPresence: false });
    await w.advance(60);
  }
  const { session } = ann.welcome;
  const fromMs = w.clock.nowMs();
  const position = w.log.lastPosition;
  let back = 0;
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await ann.drops();
    ann = await w.login('ann', { session });
    if (ann.closing === undefined) back += 1;
    else expect(ann.closing).toMatchObject({ code: 'rate_limited', errorCode: -10021, retry: true });
  }
  const allowed = (5 + (w.clock.nowMs() - fromMs) / 1000) * (perSecond / channels);
  expect(back).toBeGreaterThan(5);
  expect(back).toBeLessThanOrEqual(allowed);
  // Gone, and back: two records for each subscription, and for the session.
  expect(w.log.lastPosition - position).toBeLessThanOrEqual((back + 1) * (channels + 1) * 2);
  // Another user, and who waits as told, are not held up.
  expect((await w.login('bob')).closing).toBeUndefined();
  await ann.drops();
  await w.advance(1_000);
  expect((await w.login('ann', { session })).welcome).toMatchObject({
    resumed: true,
    session: { id: session.id },
  });
});

test('SIG163: a token is renewed for a hundred channels as seldom; who is in none may log in at will', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const { signalingRenewalsPerSecondMax: perSecond, signalingSubscriptionsMax: channels } = limits;
  for (let at = 0; at < channels; at += 1) {
    await ann.subscribes(`room ${at}`, { withPresence: false });
    await w.advance(60);
  }
  const burst = (5 * perSecond) / channels;
  const codes: number[] = [];
  for (let at = 0; at <= burst + 3; at += 1) {
    const token = tokenOf('ann', w.clock.nowMs(), 10_000 + at);
    const answer = await ann.asks({ type: 'renew-token', token });
    codes.push(answer.type === 'ok' ? 0 : answer.code);
  }
  expect(codes.slice(0, burst)).toEqual(codes.slice(0, burst).map(() => 0));
  expect(codes.at(-1)).toBe(-10021);
  // A user who was thrown out leaves everything; there is nothing to write about the next time.
  await w.advance(5_000);
  for (let at = 0; at < 30; at += 1) expect((await w.login('ann')).closing).toBeUndefined();
  await w.crash();
  await w.start();
  for (let at = 0; at < 30; at += 1) expect((await w.login('ann')).closing).toBeUndefined();
});
