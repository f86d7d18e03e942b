import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { SignalingRequest } from '@housecount/protocol';
import type { RTMStreamChannel } from '../stream-channel/stream-channel.ts';
import { type FakeSocket, FakeWorld, outcome, thrown } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
let arena: RTMStreamChannel;
beforeEach(async () => {
  world = new FakeWorld();
  world.onRequest = answer;
  ann = makeClient();
  await ann.client.login();
  arena = ann.client.createStreamChannel('arena');
});
afterEach(() => world.restore());

/** A server that takes everything; users whose id begins with x do not publish. */
function answer(request: SignalingRequest, socket: FakeSocket): void {
  if (request.type !== 'subscribe-topic' && request.type !== 'unsubscribe-topic') {
    socket.ok(request.id);
    return;
  }
  const key = `${request.channel}/${request.topic}`;
  const before = subscribed.get(key) ?? [];
  const users = request.users ?? (request.type === 'subscribe-topic' ? ['bob', 'cid'] : before);
  const fine = users.filter((user) => !user.startsWith('x'));
  const after =
    request.type === 'subscribe-topic'
      ? [...new Set([...before, ...fine])]
      : before.filter((user) => !users.includes(user));
  subscribed.set(key, after);
  const failed = users.filter((user) => user.startsWith('x')).map((userId) => ({ userId, code: 5 }));
  const result = { subscribed: after, succeeded: fine, failed };
  socket.tell({ type: 'ok', id: request.id, serverMs: world.nowMs, result });
}
const subscribed = new Map<string, string[]>();
afterEach(() => subscribed.clear());

const say = (topic: string, publisher: string, text = 'hi', channel = 'arena'): void =>
  world.socket.tell({
    type: 'message',
    channelType: 'STREAM',
    channel,
    topic,
    publisher,
    content: { text },
    serverMs: world.nowMs,
  });
/** Requests since the last call, each as its type and what it names. */
const asked = (): string[] =>
  world.requests
    .splice(0)
    .map((each) =>
      [each.type, 'channel' in each && each.channel, 'topic' in each && each.topic].filter(Boolean).join(' '),
    );
/** The link state changes of stream channels since the last call. */
const links = (): string[] =>
  ann.links
    .splice(0)
    .filter(({ serviceType }) => serviceType === 'STREAM')
    .map(
      ({ affectedChannels, currentState, operation, reasonCode }) =>
        `${affectedChannels} ${currentState} ${operation} ${reasonCode}`,
    );
/** A server that has forgotten the session. */
const forgetful = (): void => {
  subscribed.clear();
  world.onLogin = (_, socket) => socket.tell(world.welcome());
};
const silent = (): void => undefined;

test('RTM80: join asks with what its options say, and tells the link of the channel', async () => {
  expect(await arena.join({ token: 'secret', withLock: true, beQuiet: true })).toEqual({
    timestamp: world.nowMs,
  });
  const usual = {
    type: 'subscribe',
    channelType: 'STREAM',
    channel: 'arena',
    withPresence: true,
    withMetadata: false,
    withLock: false,
    beQuiet: false,
  };
  expect(world.requests).toMatchObject([{ ...usual, token: 'secret', withLock: true, beQuiet: true }]);
  expect(world.requests[0]).not.toHaveProperty('withMessage');
  expect(ann.links.at(-2)).toEqual({
    currentState: 'CONNECTING',
    previousState: 'IDLE',
    serviceType: 'STREAM',
    operation: 'JOIN',
    reason: 'Perform join operation',
    reasonCode: 'JOIN',
    affectedChannels: ['arena'],
    unrestoredChannels: [],
    isResumed: false,
    timestamp: world.nowMs,
  });
  expect(links()).toEqual(['arena CONNECTING JOIN JOIN', 'arena CONNECTED JOIN JOIN_SUCCESS']);
  // Again: other options, no change of the link. All objects of a name are one channel.
  await ann.client.createStreamChannel('arena').join({ withPresence: false });
  expect(world.requests[1]).toMatchObject({ ...usual, withPresence: false });
  for (const token of [undefined, '', 'a'.repeat(32)]) {
    await arena.join({ ...(token !== undefined && { token }) });
    expect(world.requests.at(-1)).not.toHaveProperty('token');
  }
  expect(links()).toEqual([]);
  expect(await outcome(arena.join({ token: 7 as never }))).toBe(-10005);
  expect(await outcome(arena.join('x' as never))).toBe(-10014);
  // Nothing of the session's own link.
  expect(ann.statuses.map(({ state }) => state)).toEqual(['CONNECTING', 'CONNECTED']);
});

test('RTM80: a second join, a leave and a logout cancel one that is pending', async () => {
  world.onRequest = silent;
  const first = outcome(arena.join({ token: 'one' }));
  const second = outcome(arena.join({ token: 'two' }));
  expect(await first).toBe(-11034);
  world.socket.ok(1);
  await world.settle();
  expect(links()).toEqual(['arena CONNECTING JOIN JOIN', 'arena CONNECTING JOIN JOIN']);
  world.socket.ok(2);
  expect(await second).toMatchObject({ timestamp: world.nowMs });
  expect(links()).toEqual(['arena CONNECTED JOIN JOIN_SUCCESS']);
  const other = ann.client.createStreamChannel('other');
  const third = outcome(other.join());
  const left = outcome(other.leave());
  expect(await third).toBe(-11034);
  await world.settle();
  world.socket.ok(4);
  expect(await left).toMatchObject({ timestamp: world.nowMs });
  const fourth = outcome(other.join());
  await ann.client.logout();
  expect(await fourth).toBe(-11034);
  expect(links()).toEqual([
    'other CONNECTING JOIN JOIN',
    'other IDLE LEAVE LEAVE',
    'other CONNECTING JOIN JOIN',
    'arena IDLE LOGOUT LOGOUT',
    'other IDLE LOGOUT LOGOUT',
  ]);
  expect(world.timers).toBe(0);
  await ann.client.login();
  world.requests.splice(0);
  await world.pass(60_000);
  expect(asked()).toEqual([]);
});

test('RTM81: a user who may have been let in by a replaced join is out once the join that replaced it is refused', async () => {
  const held: number[] = [];
  world.onRequest = ({ id }) => void held.push(id);
  const both = [arena.join({ token: 'good' }), arena.join({ token: 'bad' })].map(outcome);
  await world.settle();
  const [first = 0, second = 0] = held;
  world.socket.ok(first);
  world.socket.refuse(second, -10005);
  expect(await Promise.all(both)).toEqual([-11034, -10005]);
  expect(asked()).toEqual(['subscribe arena', 'subscribe arena', 'unsubscribe arena']);
  expect(links().at(-1)).toContain('FAILED');
  // The same where there was no answer.
  world.onRequest = answer;
  await arena.join();
  await arena.leave();
  world.onRequest = () => undefined;
  const unanswered = outcome(arena.join());
  asked();
  await world.pass(10_000);
  expect(await unanswered).toBe(-11007);
  expect(asked()).toEqual(['unsubscribe arena']);
});

test('RTM81: a join that is refused rejects with its code and has failed; the next one may do better', async () => {
  for (const [code, reason] of [
    [-10005, 'INVALID_TOKEN'],
    [-10009, 'TOKEN_EXPIRED'],
    [-10016, 'INCONSISTENT_APP_ID'],
    [-11007, 'JOIN_FAILED'],
    [-11005, 'JOIN_FAILED'],
  ] as const) {
    world.onRequest = ({ id }, socket) => socket.refuse(id, code);
    expect(await outcome(arena.join())).toBe(code);
    expect(links().at(-1)).toBe(`arena FAILED SERVER_REJECT ${reason}`);
  }
  expect(await outcome(arena.joinTopic('t'))).toBe(-11006);
  world.onRequest = silent;
  const lost = outcome(arena.join());
  world.socket.drop();
  expect(await lost).toBe(-11007);
  expect(links()).toEqual(['arena CONNECTING JOIN REJOIN', 'arena FAILED JOIN JOIN_FAILED']);
  // The server may have done it all the same.
  world.onRequest = answer;
  world.requests.splice(0);
  await world.pass(2_000);
  expect(asked()).toEqual(['unsubscribe arena']);
  await arena.join();
  expect(links()).toEqual(['arena CONNECTING JOIN REJOIN', 'arena CONNECTED JOIN JOIN_SUCCESS']);
});

test('RTM82: a call without a join, or without a connection, has a code; leave ends everything', async () => {
  const calls: [() => unknown][] = [
    [() => arena.joinTopic('t')],
    [() => arena.leaveTopic('t')],
    [() => arena.publishTopicMessage('t', 'x')],
    [() => arena.subscribeTopic('t')],
    [() => arena.unsubscribeTopic('t')],
    [() => arena.getSubscribedUserList('t')],
  ];
  const codes = async () => Promise.all(calls.map(([call]) => outcome((async () => call())())));
  expect(await codes()).toEqual(calls.map(() => -11001));
  expect(await outcome(arena.leave())).toBe(-11001);
  await arena.join();
  await arena.joinTopic('t');
  await arena.subscribeTopic('t');
  say('t', 'bob');
  await world.settle();
  expect(ann.messages).toHaveLength(1);
  const gone = arena.leave();
  say('t', 'bob');
  expect(await gone).toEqual({ timestamp: world.nowMs });
  expect(ann.messages).toHaveLength(1);
  expect(await codes()).toEqual(calls.map(() => -11001));
  expect(links().at(-1)).toBe('arena IDLE LEAVE LEAVE');
  await arena.join();
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-11016);
  expect(thrown(() => arena.getSubscribedUserList('t')).errorCode).toBe(-11013);
  world.socket.drop();
  await world.settle();
  expect(await codes()).toEqual(calls.map(() => -10025));
  expect(await outcome(arena.join())).toBe(-10025);
  // Left with a connection: there is nothing to tell any more.
  const other = ann.client.createStreamChannel('other');
  world.down = false;
  await world.pass(2_000);
  await other.join();
  await other.leave();
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2_000);
  expect(asked()).toEqual([]);
  world.socket.drop();
  await world.settle();
  // Left without a connection: the server is told when there is one.
  expect(await arena.leave()).toEqual({ timestamp: 0 });
  world.requests.splice(0);
  await world.pass(2_000);
  expect(asked()).toEqual(['unsubscribe arena']);
  const nobody = makeClient('nobody').client.createStreamChannel('x');
  for (const call of [
    nobody.join(),
    nobody.leave(),
    nobody.joinTopic('t'),
    nobody.renewStreamChannelToken('t'),
  ])
    expect(await outcome(call)).toBe(-10025);
});

test("RTM83: a token's end is told in the channel's name, and fails that channel alone", async () => {
  await arena.join({ token: 'one' });
  await ann.client.subscribe('lobby');
  await arena.joinTopic('t');
  world.socket.tell({ type: 'token-will-expire', channel: 'arena', endsMs: world.nowMs + 30_000 });
  await world.settle();
  expect(ann.tokens).toMatchObject([
    'arena',
    { eventType: 'WILL_EXPIRE', affectedResources: { messageChannels: [] } },
  ]);
  links();
  world.socket.tell({
    type: 'channel-ended',
    channel: 'arena',
    code: 'token_expired',
    errorCode: -10009,
    message: 'It has ended.',
  });
  await world.settle();
  expect(links()).toEqual(['arena FAILED SERVER_REJECT TOKEN_EXPIRED']);
  expect(await outcome(arena.joinTopic('t'))).toBe(-11006);
  expect(await outcome(ann.client.renewToken('x', { channelName: 'arena' }))).toBe(-11006);
  await ann.client.publish('lobby', 'still here');
  await arena.join({ token: 'two' });
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-11016);
});

test('RTM83: a token renewed while the channel is being restored is told to the server before it counts', async () => {
  await arena.join({ token: 'one' });
  world.requests.splice(0);
  world.onLogin = (_, socket) => socket.tell(world.welcome({ session: { id: 's2', key: 'k2' } }));
  world.onRequest = () => undefined;
  world.socket.drop();
  await world.pass(2000);
  expect(world.requests).toMatchObject([{ type: 'subscribe', channel: 'arena', token: 'one' }]);
  const renewed = outcome(ann.client.renewToken('two', { channelName: 'arena' }));
  world.onRequest = answer;
  for (const { id } of world.requests.splice(0)) world.socket.ok(id);
  expect(await renewed).toEqual({ timestamp: world.nowMs });
  expect(world.requests).toMatchObject([{ type: 'renew-token', channel: 'arena', token: 'two' }]);
});

test('RTM83: a token is renewed at once, or with the next connection; a refusal changes nothing', async () => {
  await arena.join({ token: 'one' });
  world.requests.splice(0);
  expect(await ann.client.renewToken('two', { channelName: 'arena' })).toEqual({ timestamp: world.nowMs });
  expect(world.requests).toMatchObject([{ type: 'renew-token', token: 'two', channel: 'arena' }]);
  world.onRequest = ({ id }, socket) => socket.refuse(id, -10005);
  expect(await outcome(arena.renewStreamChannelToken('bad'))).toBe(-10005);
  expect(await outcome(ann.client.renewToken('x', { channelName: 'never' }))).toBe(-11001);
  expect(await outcome(arena.renewStreamChannelToken(''))).toBe(-10005);
  world.onRequest = answer;
  // Lost: the session lives on, and the token goes with it.
  world.socket.drop();
  await world.settle();
  const three = outcome(arena.renewStreamChannelToken('three'));
  world.requests.splice(0);
  await world.pass(2_000);
  expect(await three).toMatchObject({ timestamp: expect.any(Number) });
  expect(world.requests).toMatchObject([{ type: 'renew-token', token: 'three', channel: 'arena' }]);
  // A new session is entered with it.
  forgetful();
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2_000);
  expect(world.of('subscribe')).toMatchObject([{ token: 'three' }]);
  world.socket.drop();
  world.down = true;
  await world.settle();
  const late = outcome(ann.client.renewToken('four', { channelName: 'arena' }));
  await world.pass(10_000);
  expect(await late).toBe(-10026);
});

test('RTM84: topics are joined with a meta and left; messages go to what was joined', async () => {
  await arena.join();
  world.requests.splice(0);
  expect(await arena.joinTopic('moves', { meta: 'red' })).toEqual({
    timestamp: world.nowMs,
    topicName: 'moves',
  });
  await arena.joinTopic('chat');
  await arena.joinTopic('json', { meta: { a: 1 } });
  expect(world.of('join-topic').map(({ topic, meta }) => [topic, meta])).toEqual([
    ['moves', 'red'],
    ['chat', ''],
    ['json', '{"a":1}'],
  ]);
  expect(await arena.publishTopicMessage('moves', 'e4', { customType: 'chess' })).toEqual({
    timestamp: world.nowMs,
    topicName: 'moves',
  });
  await arena.publishTopicMessage('moves', new Uint8Array([0, 255]));
  expect(world.of('publish-topic')).toMatchObject([
    { channel: 'arena', topic: 'moves', content: { text: 'e4' }, customType: 'chess' },
    { content: { bytes: 'AP8=' } },
  ]);
  const circular: Record<string, unknown> = {};
  circular.me = circular;
  const cases: [number, () => unknown][] = [
    [-11008, () => arena.joinTopic('_t')],
    [-11008, () => arena.publishTopicMessage('t'.repeat(17), 'x')],
    [-11008, () => arena.subscribeTopic('')],
    [-11008, () => arena.getSubscribedUserList(7 as never)],
    [-11018, () => arena.joinTopic('t', { meta: 'm'.repeat(257) })],
    [-11018, () => arena.joinTopic('t', { meta: 'é'.repeat(129) })],
    [-11018, () => arena.joinTopic('t', { meta: circular })],
    [-11016, () => arena.publishTopicMessage('other', 'x')],
    [-11009, () => arena.publishTopicMessage('moves', 7 as never)],
    [-11010, () => arena.publishTopicMessage('moves', 'x'.repeat(1025))],
    [-11010, () => arena.publishTopicMessage('moves', new Uint8Array(1025))],
    [-11029, () => arena.publishTopicMessage('moves', 'x', { customType: 'c'.repeat(33) })],
    [-11030, () => arena.publishTopicMessage('moves', 'x', { customType: 7 as never })],
  ];
  world.requests.splice(0);
  for (const [code, call] of cases) expect(await outcome((async () => call())())).toBe(code);
  expect(asked()).toEqual([]);
  await arena.publishTopicMessage('moves', 'x'.repeat(1024));
  for (let i = 3; i < 8; i++) await arena.joinTopic(`t${i}`);
  expect(await outcome(arena.joinTopic('ninth'))).toBe(-11014);
  await arena.joinTopic('moves', { meta: 'blue' });
  expect(await arena.leaveTopic('moves')).toEqual({ timestamp: world.nowMs, topicName: 'moves' });
  expect(await outcome(arena.publishTopicMessage('moves', 'x'))).toBe(-11016);
  await arena.joinTopic('ninth');
  world.onRequest = ({ id }, socket) => socket.refuse(id, -11016);
  expect(await outcome(arena.leaveTopic('chat'))).toBe(-11016);
});

test('RTM84: 200 messages in a topic within a second; what is lost or not answered has codes', async () => {
  await arena.join();
  for (const topic of ['t', 'u']) await arena.joinTopic(topic);
  await Promise.all(Array.from({ length: 200 }, () => arena.publishTopicMessage('t', 'x')));
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-10021);
  await arena.publishTopicMessage('u', 'x');
  await world.pass(1_000);
  await arena.publishTopicMessage('t', 'x');
  world.onRequest = ({ id }, socket) => socket.refuse(id, -11025);
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-11025);
  world.onRequest = silent;
  const calls = [
    arena.publishTopicMessage('t', 'x'),
    arena.joinTopic('v'),
    arena.subscribeTopic('t'),
    arena.join(),
  ].map(outcome);
  await world.pass(10_000);
  expect(await Promise.all(calls)).toEqual([-11026, -11015, -11019, -11007]);
});

test('RTM85: subscriptions to a topic add up; nobody else is heard, and nobody after the call that ends it', async () => {
  await arena.join();
  expect(await arena.subscribeTopic('t', { users: ['bob', 'xaver'] })).toEqual({
    timestamp: world.nowMs,
    topicName: 't',
    succeedUsers: ['bob'],
    failedUsers: ['xaver'],
    failedDetails: [
      {
        timestamp: world.nowMs,
        topicName: 't',
        user: 'xaver',
        errorCode: 5,
        reason: 'The user does not publish in the topic.',
      },
    ],
  });
  await arena.subscribeTopic('t', { users: ['cid'] });
  expect(arena.getSubscribedUserList('t')).toEqual({
    timestamp: 0,
    topicName: 't',
    subscribed: ['bob', 'cid'],
  });
  for (const [topic, user] of [
    ['t', 'bob'],
    ['t', 'dan'],
    ['u', 'bob'],
    ['t', 'cid'],
  ] as const)
    say(topic, user, `${topic} ${user}`);
  say('t', 'bob', 'another channel', 'other');
  await world.settle();
  expect(ann.messages.map(({ message }) => message)).toEqual(['t bob', 't cid']);
  const out = arena.unsubscribeTopic('t', { users: ['bob'] });
  say('t', 'bob');
  expect(await out).toEqual({ timestamp: world.nowMs });
  expect(ann.messages).toHaveLength(2);
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['cid']);
  await arena.unsubscribeTopic('t');
  expect(thrown(() => arena.getSubscribedUserList('t'))).toMatchObject({
    errorCode: -11013,
    operation: 'getSubscribedUserList',
  });
  expect(await outcome(arena.unsubscribeTopic('t'))).toBe(-11013);
  await arena.subscribeTopic('t');
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['bob', 'cid']);
  world.requests.splice(0);
  expect(
    await outcome(arena.subscribeTopic('t', { users: Array.from({ length: 65 }, (_, i) => `u${i}`) })),
  ).toBe(-11003);
  expect(await outcome(arena.subscribeTopic('t', { users: [7 as never] }))).toBe(-11011);
  expect(await outcome(arena.subscribeTopic('t', 'x' as never))).toBe(-10014);
  expect(asked()).toEqual([]);
  world.onRequest = ({ id }, socket) => socket.refuse(id, -11017);
  expect(await outcome(arena.subscribeTopic('empty'))).toBe(-11017);
  expect(thrown(() => arena.getSubscribedUserList('empty')).errorCode).toBe(-11013);
  // Messages that arrive with the answer are for the app, too.
  world.onRequest = (request, socket) => {
    answer(request, socket);
    say('v', 'bob', 'at once');
  };
  await arena.subscribeTopic('v', { users: ['bob'] });
  await world.settle();
  expect(ann.messages.at(-1)).toMatchObject({ message: 'at once' });
});

test('RTM85: the last word about a user counts, whatever is answered in between', async () => {
  await arena.join();
  await arena.subscribeTopic('t', { users: ['bob'] });
  world.onRequest = silent;
  const added = arena.subscribeTopic('t', { users: ['cid'] });
  const taken = arena.unsubscribeTopic('t', { users: ['bob'] });
  await world.settle();
  const [add, take] = world.requests.slice(-2);
  if (!add || !take) throw new Error('nothing was asked');
  answer(add, world.socket);
  say('t', 'bob');
  say('t', 'cid');
  await added;
  await world.settle();
  expect(ann.messages.map(({ publisher }) => publisher)).toEqual(['cid']);
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['cid']);
  answer(take, world.socket);
  await taken;
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['cid']);
  // The other way round: an unsubscribe, then a subscribe.
  const out = arena.unsubscribeTopic('t');
  const back = arena.subscribeTopic('t', { users: ['bob'] });
  await world.settle();
  for (const request of world.requests.slice(-2)) answer(request, world.socket);
  await Promise.all([out, back]);
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['bob']);
  say('t', 'bob');
  await world.settle();
  expect(ann.messages.at(-1)?.publisher).toBe('bob');
  // A refusal is none for what is asked later.
  world.onRequest = ({ id }, socket) => socket.refuse(id, -10021);
  expect(await outcome(arena.unsubscribeTopic('t'))).toBe(-10021);
  world.onRequest = answer;
  await arena.subscribeTopic('t', { users: ['bob'] });
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['bob']);
});

test('RTM86: topics and their messages are told with all fields', async () => {
  const tell = (event: object) =>
    world.socket.tell({ type: 'topic', channel: 'arena', event, serverMs: 5 } as never);
  tell({ type: 'SNAPSHOT', topics: [] });
  await world.settle();
  expect(ann.topics).toEqual([]);
  await arena.join();
  const bob = { topic: 't', publishers: [{ userId: 'bob', meta: 'm' }] };
  tell({
    type: 'SNAPSHOT',
    topics: [{ topic: 't', publishers: [{ userId: 'ann', meta: '' }, ...bob.publishers] }],
  });
  tell({
    type: 'REMOTE_JOIN',
    userId: 'ann',
    topics: [{ topic: 'u', publishers: [{ userId: 'ann', meta: '' }] }],
  });
  tell({ type: 'REMOTE_JOIN', userId: 'bob', topics: [bob] });
  tell({ type: 'REMOTE_LEAVE', userId: 'bob', topics: [bob, { ...bob, topic: 'u' }] });
  await world.settle();
  const publisher = { publisherUserId: 'bob', publisherMeta: 'm' };
  const usual = { channelName: 'arena', timestamp: 5 };
  const t = { topicName: 't', publishers: [publisher], totalPublisher: 1 };
  expect(ann.topics).toEqual([
    {
      ...usual,
      eventType: 'SNAPSHOT',
      publisher: '',
      topicInfos: [
        {
          topicName: 't',
          publishers: [{ publisherUserId: 'ann', publisherMeta: '' }, publisher],
          totalPublisher: 2,
        },
      ],
      totalTopics: 1,
    },
    { ...usual, eventType: 'REMOTE_JOIN', publisher: 'bob', topicInfos: [t], totalTopics: 1 },
    {
      ...usual,
      eventType: 'REMOTE_LEAVE',
      publisher: 'bob',
      topicInfos: [t, { ...t, topicName: 'u' }],
      totalTopics: 2,
    },
  ]);
  await arena.subscribeTopic('t');
  say('t', 'bob');
  world.socket.tell({
    type: 'presence',
    channelType: 'STREAM',
    channel: 'arena',
    event: { type: 'REMOTE_JOIN', userId: 'bob' },
    serverMs: 6,
  });
  world.socket.tell({
    type: 'presence',
    channelType: 'MESSAGE',
    channel: 'arena',
    event: { type: 'REMOTE_JOIN', userId: 'bob' },
    serverMs: 6,
  });
  await world.settle();
  expect(ann.messages).toEqual([
    {
      channelType: 'STREAM',
      channelName: 'arena',
      topicName: 't',
      messageType: 'STRING',
      customType: '',
      message: 'hi',
      publisher: 'bob',
      timestamp: world.nowMs,
    },
  ]);
  expect(ann.presence).toMatchObject([{ channelType: 'STREAM', channelName: 'arena', publisher: 'bob' }]);
});

test('RTM87: a session that lived on is asked for nothing; a new one gets everything anew', async () => {
  await arena.join({ token: 'one', withMetadata: true });
  await arena.joinTopic('t', { meta: 'm' });
  await arena.subscribeTopic('t', { users: ['bob'] });
  await ann.client.presence.setState('arena', 'STREAM', { mood: 'good' });
  await ann.client.createStreamChannel('other').join();
  world.requests.splice(0);
  links();
  world.socket.drop();
  await world.settle();
  expect(links()).toEqual([
    'arena CONNECTING SERVER_TIMEOUT CONNECTION_ERROR',
    'other CONNECTING SERVER_TIMEOUT CONNECTION_ERROR',
  ]);
  await world.pass(2_000);
  expect(ann.links.at(-1)).toMatchObject({
    currentState: 'CONNECTED',
    serviceType: 'STREAM',
    isResumed: true,
  });
  expect(links()).toEqual([
    'arena CONNECTED RECONNECTED RECONNECT_SUCCESS',
    'other CONNECTED RECONNECTED RECONNECT_SUCCESS',
  ]);
  expect(asked()).toEqual([]);
  say('t', 'bob');
  await world.settle();
  expect(ann.messages).toHaveLength(1);
  forgetful();
  world.socket.drop();
  await world.pass(2_000);
  expect(world.requests).toMatchObject([
    {
      type: 'subscribe',
      channelType: 'STREAM',
      channel: 'arena',
      token: 'one',
      withMetadata: true,
      states: { mood: 'good' },
    },
    { type: 'subscribe', channel: 'other' },
    { type: 'join-topic', channel: 'arena', topic: 't', meta: 'm' },
    { type: 'subscribe-topic', channel: 'arena', topic: 't', users: ['bob'], absent: true },
  ]);
  expect(ann.links.at(-1)).toMatchObject({
    currentState: 'CONNECTED',
    affectedChannels: ['arena'],
    isResumed: false,
    unrestoredChannels: [],
  });
  await arena.publishTopicMessage('t', 'x');
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['bob']);
});

test('RTM87: parts that cannot be restored are named; a channel that is refused has failed', async () => {
  const other = ann.client.createStreamChannel('other');
  await arena.join({ token: 'one' });
  await arena.joinTopic('t');
  await arena.joinTopic('u');
  await other.join();
  forgetful();
  world.onRequest = (request, socket) => {
    if (request.type === 'subscribe' && request.channel === 'other') socket.refuse(request.id, -10009);
    else if (request.type === 'join-topic' && request.topic === 'u') socket.refuse(request.id, -11015);
    else answer(request, socket);
  };
  ann.links.splice(0);
  world.socket.drop();
  await world.pass(2_000);
  const ends = ann.links.filter(
    ({ serviceType, currentState }) => serviceType === 'STREAM' && currentState !== 'CONNECTING',
  );
  expect(
    ends.map(({ affectedChannels, currentState, reasonCode, unrestoredChannels }) => [
      affectedChannels[0],
      currentState,
      reasonCode,
      unrestoredChannels,
    ]),
  ).toEqual([
    ['other', 'FAILED', 'TOKEN_EXPIRED', ['other']],
    ['arena', 'CONNECTED', 'RECONNECT_SUCCESS', ['arena']],
  ]);
  await arena.publishTopicMessage('t', 'x');
  expect(await outcome(arena.publishTopicMessage('u', 'x'))).toBe(-11016);
  expect(await outcome(other.joinTopic('t'))).toBe(-11006);
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(4_000);
  expect(world.of('subscribe').map(({ channel }) => channel)).toEqual(['arena']);
});

test('RTM87: twenty minutes without a connection are the end of the channel; the session goes on trying', async () => {
  await arena.join();
  await arena.joinTopic('t');
  links();
  world.down = true;
  world.socket.drop();
  await world.pass(20 * 60_000 - 1_000);
  expect(links()).toEqual(['arena CONNECTING SERVER_TIMEOUT CONNECTION_ERROR']);
  await world.pass(1_001);
  expect(links()).toEqual(['arena FAILED AUTO_RECONNECT RECONNECT_TIMEOUT']);
  world.down = false;
  forgetful();
  world.requests.splice(0);
  await world.pass(60_000);
  expect(asked()).toEqual(['unsubscribe arena']);
  expect(links()).toEqual([]);
  await arena.join();
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-11016);
});

test('RTM87: a login that failed fails the channels with it, and the next login joins them again', async () => {
  await arena.join({ token: 'one' });
  await arena.joinTopic('t');
  links();
  world.socket.tell({ type: 'closing', code: 'replaced', message: 'Elsewhere.', retry: false });
  await world.settle();
  expect(links()).toEqual(['arena FAILED SERVER_REJECT SAME_UID_LOGIN']);
  world.requests.splice(0);
  await ann.client.login();
  await world.settle();
  expect(links()).toEqual(['arena CONNECTING JOIN REJOIN', 'arena CONNECTED RECONNECTED RECONNECT_SUCCESS']);
  expect(asked()).toEqual(['subscribe arena', 'join-topic arena t']);
});

test('RTM87: a connection that is lost while it is being restored begins again with the next one', async () => {
  await arena.join();
  await arena.joinTopic('t');
  forgetful();
  world.onRequest = (request, socket) => {
    if (request.type !== 'join-topic') answer(request, socket);
  };
  world.socket.drop();
  await world.pass(2_000);
  expect(await outcome(arena.joinTopic('u'))).toBe(-11012);
  world.requests.splice(0);
  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: true }));
  world.onRequest = answer;
  world.socket.drop();
  await world.pass(4_000);
  // The session that lives on is the one that has nothing of the topic.
  expect(asked()).toEqual(['subscribe arena', 'join-topic arena t']);
  expect(links().at(-1)).toBe('arena CONNECTED RECONNECTED RECONNECT_SUCCESS');
  // A join of the app's own may come between, and does the rest of the restoration.
  forgetful();
  world.onRequest = silent;
  world.socket.drop();
  await world.pass(4_000);
  world.requests.splice(0);
  world.onRequest = answer;
  await arena.join({ withPresence: false });
  expect(asked()).toEqual(['subscribe arena', 'join-topic arena t']);
  await arena.publishTopicMessage('t', 'x');
});

test('RTM87: a restoration without an answer is tried again; a loss meanwhile leaves that to the next connection', async () => {
  await arena.join();
  forgetful();
  world.onRequest = silent;
  world.socket.drop();
  await world.pass(2_000);
  world.requests.splice(0);
  await world.pass(11_999);
  expect(asked()).toEqual([]);
  await world.pass(1);
  expect(asked()).toEqual(['subscribe arena']);
  await world.pass(10_500);
  world.socket.drop();
  world.down = true;
  world.requests.splice(0);
  await world.pass(10_000);
  world.down = false;
  world.onRequest = answer;
  await world.pass(10_000);
  expect(asked()).toEqual(['subscribe arena']);
  links();
  // A channel that is back is not given up later.
  await world.pass(30 * 60_000);
  expect(links()).toEqual([]);
  await arena.joinTopic('t');
});

test('RTM87: a request that the server finds too much is repeated, but not for a connection that is gone', async () => {
  await arena.join();
  await arena.joinTopic('t');
  await arena.joinTopic('u');
  forgetful();
  let busy = true;
  world.onRequest = (request, socket) => {
    if (busy && request.type === 'join-topic') socket.refuse(request.id, -10021);
    else answer(request, socket);
  };
  world.socket.drop();
  await world.pass(2_500);
  world.socket.drop();
  busy = false;
  world.requests.splice(0);
  await world.pass(6_000);
  expect(asked()).toEqual(['subscribe arena', 'join-topic arena t', 'join-topic arena u']);
  busy = true;
  world.socket.drop();
  await world.pass(2_500);
  world.requests.splice(0);
  busy = false;
  await world.pass(1_000);
  expect(asked()).toEqual(['join-topic arena t', 'join-topic arena u']);
});

test('RTM87: a few channels are restored at a time, and none that waits is taken for whole', async () => {
  const names = Array.from({ length: 9 }, (_, i) => `c${i}`);
  for (const name of names) {
    const stream = ann.client.createStreamChannel(name);
    await stream.join();
    await stream.joinTopic('t');
  }
  forgetful();
  world.onRequest = silent;
  world.socket.drop();
  world.requests.splice(0);
  await world.pass(2_000);
  expect(asked()).toEqual(names.slice(0, 4).map((name) => `subscribe ${name}`));
  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: true }));
  world.onRequest = answer;
  world.socket.drop();
  await world.pass(4_000);
  const all = [...names.map((name) => `join-topic ${name} t`), ...names.map((name) => `subscribe ${name}`)];
  expect(asked().sort()).toEqual(all);
  for (const name of names) await ann.client.createStreamChannel(name).publishTopicMessage('t', 'x');
});

test('RTM87: a listener that joins when the connection is back is the one that counts', async () => {
  await arena.join({ token: 'one' });
  await arena.joinTopic('t');
  forgetful();
  world.socket.drop();
  await world.settle();
  const joins: Promise<unknown>[] = [];
  ann.client.addEventListener('linkState', ({ serviceType, currentState }) => {
    if (serviceType === 'MESSAGE' && currentState === 'CONNECTED') joins.push(arena.join({ token: 'two' }));
  });
  world.requests.splice(0);
  await world.pass(2_000);
  await Promise.all(joins);
  expect(world.of('subscribe')).toMatchObject([{ token: 'two' }]);
  links();
  // The end of the former membership does not undo what is being asked for.
  world.onRequest = silent;
  const again = arena.join({ token: 'three' });
  await world.settle();
  world.socket.tell({
    type: 'channel-ended',
    channel: 'arena',
    code: 'token_expired',
    errorCode: -10009,
    message: 'x',
  });
  await world.settle();
  const { id } = world.requests.at(-1) ?? { id: 0 };
  world.socket.ok(id);
  await again;
  expect(links()).toEqual([]);
});

test('RTM87: a listener that logs in again at once is the one that counts', async () => {
  await arena.join();
  links();
  const logins: Promise<unknown>[] = [];
  ann.client.addEventListener('linkState', ({ serviceType, currentState }) => {
    if (serviceType === 'MESSAGE' && currentState === 'FAILED') logins.push(ann.client.login());
  });
  world.socket.tell({ type: 'closing', code: 'kicked', message: 'Out.', retry: false });
  await world.settle();
  await Promise.all(logins);
  expect(links()).toEqual([
    'arena CONNECTING LOGIN RELOGIN',
    'arena CONNECTED RECONNECTED RECONNECT_SUCCESS',
  ]);
});

test('RTM88: requests that were on their way when the connection was lost are set right', async () => {
  await arena.join();
  await arena.joinTopic('t');
  await arena.joinTopic('kept', { meta: 'old' });
  await arena.subscribeTopic('t', { users: ['bob'] });
  world.onRequest = silent;
  const calls = [
    arena.joinTopic('maybe'),
    arena.leaveTopic('t'),
    arena.subscribeTopic('t', { users: ['cid'] }),
    arena.subscribeTopic('u'),
    arena.joinTopic('kept', { meta: 'new' }),
  ].map(outcome);
  await world.settle();
  world.socket.drop();
  expect(await Promise.all(calls)).toMatchObject([-11015, { timestamp: 0 }, -11021, -11021, -11015]);
  world.onRequest = answer;
  world.requests.splice(0);
  await world.pass(2_000);
  expect(asked()).toEqual([
    'leave-topic arena maybe',
    'leave-topic arena t',
    'join-topic arena kept',
    'unsubscribe-topic arena t',
    'unsubscribe-topic arena u',
    'subscribe-topic arena t',
  ]);
  expect(arena.getSubscribedUserList('t').subscribed).toEqual(['bob']);
  world.socket.drop();
  await world.pass(2_000);
  expect(asked()).toEqual([]);
});

test('RTM89: states set before the join go with it, are apart from message channels, and end with the channel', async () => {
  const { presence } = ann.client;
  expect(await presence.setState('arena', 'STREAM', { mood: 'good' })).toEqual({ timestamp: 0 });
  await presence.setState('arena', 'MESSAGE', { other: 'kind' });
  await arena.join();
  expect(world.of('subscribe')).toMatchObject([{ channelType: 'STREAM', states: { mood: 'good' } }]);
  await presence.setState('arena', 'STREAM', { seat: 7 as never });
  await presence.removeState('arena', 'STREAM', { states: ['mood'] });
  expect(world.requests.slice(1)).toMatchObject([
    { type: 'set-state', channelType: 'STREAM', channel: 'arena', states: { seat: '7' } },
    { type: 'remove-state', channelType: 'STREAM', channel: 'arena', keys: ['mood'] },
  ]);
  world.socket.drop();
  await world.settle();
  await ann.client.presence.setState('arena', 'STREAM', { late: 'yes' });
  world.requests.splice(0);
  await world.pass(2_000);
  expect(world.requests).toMatchObject([{ type: 'set-state', states: { late: 'yes' } }]);
  await arena.leave();
  world.requests.splice(0);
  await arena.join();
  expect(world.of('subscribe')[0]).not.toHaveProperty('states');
  await presence.setState('later', 'STREAM', { mood: 'good' });
  await ann.client.logout();
  await ann.client.login();
  world.requests.splice(0);
  await ann.client.createStreamChannel('later').join();
  expect(world.of('subscribe')[0]).not.toHaveProperty('states');
  // 100 keys wait at most, of both kinds together.
  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${from + i}`, 'v']));
  await world.pass(1_000);
  for (const [channel, type] of [
    ['a', 'MESSAGE'],
    ['b', 'STREAM'],
    ['c', 'STREAM'],
  ] as const)
    await presence.setState(channel, type, many(0, 30));
  expect(await outcome(presence.setState('d', 'MESSAGE', many(0, 11)))).toBe(-13004);
});

test('RTM98: joinTopic and subscribeTopic 20 a second, counted before a join too; leaving is not counted', async () => {
  for (const call of [() => arena.joinTopic('t'), () => arena.subscribeTopic('t')]) {
    for (let i = 0; i < 20; i++) expect(await outcome(call())).not.toBe(-10021);
    expect(await outcome(call())).toBe(-10021);
  }
  for (let i = 0; i < 200; i++) expect(await outcome(arena.publishTopicMessage('t', 'x'))).not.toBe(-10021);
  expect(await outcome(arena.publishTopicMessage('t', 'x'))).toBe(-10021);
  expect(await outcome(arena.publishTopicMessage('u', 'x'))).not.toBe(-10021);
  for (let i = 0; i < 21; i++) expect(await outcome(arena.leaveTopic('t'))).not.toBe(-10021);
});
