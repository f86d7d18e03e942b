import { afterEach, beforeEach, expect, test } from 'bun:test';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  await ann.client.login();
});
afterEach(() => world.restore());

const message = (channel: string, over: object = {}): void =>
  world.socket.tell({
    type: 'message',
    channelType: 'MESSAGE',
    channel,
    publisher: 'bob',
    content: { text: 'hi' },
    serverMs: 5,
    ...over,
  });

test('RTM30: subscribe asks for messages and presence unless told otherwise, and answers with the time', async () => {
  const { client } = ann;
  expect(await client.subscribe('lobby')).toEqual({ timestamp: world.nowMs, channelName: 'lobby' });
  await client.subscribe('lobby', {
    withMessage: false,
    withPresence: false,
    beQuiet: true,
    withLock: true,
    withMetadata: true,
  });
  const usual = { type: 'subscribe', channelType: 'MESSAGE', channel: 'lobby' };
  expect(world.requests).toEqual([
    {
      ...usual,
      id: 1,
      withMessage: true,
      withPresence: true,
      withMetadata: false,
      withLock: false,
      beQuiet: false,
    },
    {
      ...usual,
      id: 2,
      withMessage: false,
      withPresence: false,
      withMetadata: true,
      withLock: true,
      beQuiet: true,
    },
  ] as never);
});

test('RTM30: the app gets no events that it is not subscribed to: not before, not by other options, not after', async () => {
  const { client, messages, presence } = ann;
  const all = async (): Promise<[number, number]> => {
    message('lobby');
    world.socket.tell({
      type: 'presence',
      channelType: 'MESSAGE',
      channel: 'lobby',
      event: { type: 'REMOTE_JOIN', userId: 'bob' },
      serverMs: 5,
    });
    await world.settle();
    return [messages.splice(0).length, presence.splice(0).length];
  };
  expect(await all()).toEqual([0, 0]);
  world.onRequest = () => undefined;
  const subscribed = client.subscribe('lobby');
  await world.settle();
  // Frames that arrive before the answer belong to the subscription already, as the snapshot does.
  expect(await all()).toEqual([1, 1]);
  world.socket.ok(1);
  await subscribed;
  expect(await all()).toEqual([1, 1]);
  const changed = client.subscribe('lobby', { withMessage: false });
  await world.settle();
  world.socket.ok(2);
  await changed;
  expect(await all()).toEqual([0, 1]);
  client.unsubscribe('lobby').catch(() => undefined);
  expect(await all()).toEqual([0, 0]);
});

test('RTM31: names, options and the connection are checked in their order; the server is not asked', async () => {
  const { client } = ann;
  for (const bad of ['', '_x', 'a.b', 'ä', 'x'.repeat(65), 7, null]) {
    expect(await outcome(client.subscribe(bad as string))).toBe(-10008);
    expect(await outcome(client.unsubscribe(bad as string))).toBe(-10008);
    expect(await outcome(client.publish(bad as string, 'x'))).toBe(-10008);
  }
  expect(await outcome(client.subscribe('x', 'all' as never))).toBe(-10014);
  expect(await outcome(client.publish('x', 'x', { channelType: 'STREAM' }))).toBe(-10019);
  expect(await outcome(client.publish('', 'x', { channelType: 'ALL' as never }))).toBe(-10019);
  for (const bad of [7, null, undefined, {}, new ArrayBuffer(1)])
    expect(await outcome(client.publish('x', bad as string))).toBe(-11009);
  expect(await outcome(client.publish('x', 'x', { customType: 7 as never }))).toBe(-11030);
  expect(await outcome(client.publish('x', 'x', { customType: 'x'.repeat(33) }))).toBe(-11029);
  expect(world.requests).toEqual([]);

  const { client: idle } = makeClient('idle');
  for (const act of [
    () => idle.subscribe(''),
    () => idle.publish('', 7 as never),
    () => idle.renewToken(''),
    () => idle.presence.setState('', 'MESSAGE', 7 as never),
    () => idle.presence.getState('', '', 'MESSAGE'),
    () => idle.presence.removeState('', 'MESSAGE'),
    () => idle.presence.whoNow('', 'MESSAGE'),
    () => idle.presence.whereNow('_'),
    () => idle.lock.setLock('', 'MESSAGE', ''),
    () => idle.storage.setChannelMetadata('', 'MESSAGE', 7 as never),
    () => idle.history.getMessages('', 'MESSAGE'),
    () => idle.createStreamChannel('x').join(),
  ])
    expect(await outcome(act())).toBe(-10025);
  expect(await idle.unsubscribe('x')).toEqual({ timestamp: 0, channelName: 'x' });
});

test('RTM32: a refusal of the server is the rejection, and nothing is subscribed', async () => {
  const { client } = ann;
  world.onRequest = (request, socket) => socket.refuse(request.id, -11005);
  const error = (await client.subscribe('lobby').catch((each: unknown) => each)) as Error;
  expect(error).toMatchObject({
    operation: 'subscribe',
    errorCode: -11005,
    code: -11005,
    reason: 'The server says no.',
    message: 'Error Code -11005 - The server says no.',
  });
  message('lobby');
  await world.settle();
  expect(ann.messages).toEqual([]);
});

test('RTM32: without an answer within ten seconds each call rejects with its own code', async () => {
  const { client } = ann;
  world.onRequest = () => undefined;
  const calls = [
    client.subscribe('lobby'),
    client.publish('lobby', 'x'),
    client.presence.getOnlineUsers('lobby', 'MESSAGE'),
    client.renewToken('t'),
  ].map(outcome);
  await world.pass(10_000);
  expect(await Promise.all(calls)).toEqual([-11019, -11026, -13012, -10026]);
});

test('RTM32: a request that is unanswered when the connection is lost rejects with its own code', async () => {
  const { client } = ann;
  world.onRequest = () => undefined;
  const calls = [
    client.subscribe('lobby'),
    client.publish('lobby', 'x'),
    client.presence.getOnlineUsers('lobby', 'MESSAGE'),
  ].map(outcome);
  await world.settle();
  world.socket.drop();
  expect(await Promise.all(calls)).toEqual([-11021, -11024, -13013]);
});

test('RTM33: a channel is subscribed twice in five seconds at most, and a hundred channels at once', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.subscribe('lobby');
  expect(await outcome(client.subscribe('lobby'))).toBe(-11020);
  await world.pass(5000);
  await client.subscribe('lobby');
  for (let at = 1; at < 100; at++) {
    await world.pass(100);
    await client.subscribe(`c${at}`);
  }
  await world.pass(1000);
  expect(await outcome(client.subscribe('one-more'))).toBe(-11005);
  await client.subscribe('c99');
  await client.unsubscribe('c1');
  expect(await client.subscribe('and-more')).toMatchObject({ channelName: 'and-more' });
});

test('RTM34: text and bytes go over as they are, up to 32 KB', async () => {
  const { client } = ann;
  expect(await client.publish('lobby', 'hällo', { customType: 'röt' })).toEqual({
    timestamp: world.nowMs,
    channelName: 'lobby',
  });
  const bytes = Uint8Array.from({ length: 32 * 1024 }, (_, at) => at % 256);
  await client.publish('bob', bytes, { channelType: 'USER' });
  const [text, binary] = world.of('publish');
  expect(text).toEqual({
    type: 'publish',
    id: 1,
    channelType: 'MESSAGE',
    channel: 'lobby',
    content: { text: 'hällo' },
    customType: 'röt',
  });
  expect(binary).toMatchObject({ channelType: 'USER', channel: 'bob' });
  if (!binary) throw new Error('nothing was published');
  message('ann', { channelType: 'USER', content: binary.content });
  await world.settle();
  expect(ann.messages[0]?.message).toEqual(bytes);
  await client.publish('lobby', 'x'.repeat(32 * 1024));
  for (const large of [
    'x'.repeat(32 * 1024 + 1),
    'ä'.repeat(16 * 1024 + 1),
    new Uint8Array(32 * 1024 + 1),
    // Escaped it would not fit into a frame.
    '\u0001'.repeat(32 * 1024),
  ])
    expect(await outcome(client.publish('lobby', large))).toBe(-11010);
});

test('RTM35: a message is told with all its fields; one to the user needs no subscription', async () => {
  const { client, messages } = ann;
  await client.subscribe('lobby');
  message('lobby');
  message('lobby', { publisher: 'ann', content: { bytes: 'AQID' }, customType: 'kind' });
  message('ann', { channelType: 'USER' });
  await world.settle();
  const usual = { channelType: 'MESSAGE', channelName: 'lobby', topicName: '', timestamp: 5 };
  expect(messages).toEqual([
    { ...usual, messageType: 'STRING', customType: '', message: 'hi', publisher: 'bob' },
    {
      ...usual,
      messageType: 'BINARY',
      customType: 'kind',
      message: Uint8Array.of(1, 2, 3),
      publisher: 'ann',
    },
    {
      ...usual,
      channelType: 'USER',
      channelName: 'ann',
      messageType: 'STRING',
      customType: '',
      message: 'hi',
      publisher: 'bob',
    },
  ] as never);
});

test('RTM35: a message that cannot be read harms nothing', async () => {
  const { client, messages } = ann;
  await client.subscribe('lobby');
  message('lobby', { content: { bytes: '*' } });
  message('lobby');
  await world.settle();
  expect(messages).toHaveLength(1);
});

test('RTM35: a publish to somebody who is not there rejects with what the server says', async () => {
  world.onRequest = (request, socket) => socket.refuse(request.id, -11033);
  expect(await outcome(ann.client.publish('bob', 'x', { channelType: 'USER' }))).toBe(-11033);
});

test('RTM36: a session that is taken up again needs nothing; a new one gets every subscription again', async () => {
  const { client, links } = ann;
  await client.subscribe('lobby', { beQuiet: true });
  await client.subscribe('hall');
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2000);
  expect(world.requests).toEqual([]);
  expect(links.at(-1)).toMatchObject({ currentState: 'CONNECTED', isResumed: true });

  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: false }));
  world.onRequest = (request, socket) => {
    if ('channel' in request && request.channel === 'hall') socket.refuse(request.id, -11021);
    else socket.ok(request.id);
  };
  world.socket.drop();
  await world.pass(2000);
  expect(world.of('subscribe').map(({ channel, beQuiet }) => [channel, beQuiet])).toEqual([
    ['lobby', true],
    ['hall', false],
  ]);
  expect(links.at(-1)).toMatchObject({
    currentState: 'CONNECTED',
    affectedChannels: ['lobby', 'hall'],
    unrestoredChannels: ['hall'],
    isResumed: false,
  });
  world.requests.splice(0);
  await client.logout();
  await client.login();
  expect(world.requests).toEqual([]);
});

test('RTM37: subscriptions that changed while the connection was lost reach the session when it is back', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.subscribe('hall');
  world.onRequest = () => undefined;
  const never = outcome(client.subscribe('never'));
  const again = outcome(client.subscribe('hall', { withPresence: false }));
  await world.settle();
  world.socket.drop();
  expect([await never, await again]).toEqual([-11021, -11021]);
  expect(await client.unsubscribe('lobby')).toEqual({ timestamp: 0, channelName: 'lobby' });
  world.requests.splice(0);
  world.onRequest = (request, socket) => socket.ok(request.id);
  await world.pass(2000);
  expect(world.requests.map((each) => [each.type, 'channel' in each && each.channel])).toEqual([
    ['unsubscribe', 'lobby'],
    ['subscribe', 'hall'],
    ['unsubscribe', 'never'],
  ]);
  expect(world.of('subscribe')[0]).toMatchObject({ withPresence: true });
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2000);
  expect(world.requests).toEqual([]);
});

test('RTM37: a request that the server finds too much at once is repeated a little later', async () => {
  const { client, links } = ann;
  for (const channel of ['a', 'b', 'c']) await client.subscribe(channel);
  let left = 2;
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  world.onRequest = (request, socket) => {
    if (left-- > 0) socket.ok(request.id);
    else socket.refuse(request.id, -10021);
  };
  world.requests.splice(0);
  world.socket.drop();
  await world.pass(2500);
  expect(links.at(-1)?.currentState).toBe('CONNECTING');
  left = 9;
  await world.pass(1000);
  expect(links.at(-1)).toMatchObject({ currentState: 'CONNECTED', unrestoredChannels: [] });
  expect(world.of('subscribe').map(({ channel }) => channel)).toEqual(['a', 'b', 'c', 'c']);
  left = 0;
  const gone = client.unsubscribe('a');
  await world.pass(500);
  left = 1;
  await world.pass(500);
  expect(await gone).toMatchObject({ channelName: 'a' });
  // The app is told of a refusal of what it asked for itself.
  left = 0;
  expect(await outcome(client.subscribe('d'))).toBe(-10021);
});

test('RTM37: the last word counts: an unsubscribe before the answer to its subscribe', async () => {
  const { client } = ann;
  world.onRequest = () => undefined;
  const subscribed = client.subscribe('lobby');
  const unsubscribed = client.unsubscribe('lobby');
  await world.settle();
  world.socket.ok(1);
  world.socket.ok(2);
  await Promise.all([subscribed, unsubscribed]);
  message('lobby');
  await world.settle();
  expect(ann.messages).toEqual([]);
  expect(await client.unsubscribe('lobby')).toEqual({ timestamp: 0, channelName: 'lobby' });
});

test('RTM33: a clock that is set back does not keep a channel from being subscribed', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.subscribe('lobby');
  world.nowMs -= 3_600_000;
  expect(await outcome(client.subscribe('lobby'))).toBe(-11020);
  await world.pass(5_000);
  expect(await outcome(client.subscribe('lobby'))).toMatchObject({ channelName: 'lobby' });
});

test('RTM38: calls over the rate are refused here for a second, in the name of their kind', async () => {
  const { client } = ann;
  const calls: [number, string, () => Promise<unknown>][] = [
    [60, 'publish', () => client.publish('x', 'x')],
    [20, 'subscribe', () => client.subscribe('_')],
    [20, 'getOnlineUsers', () => client.presence.getOnlineUsers('_', 'MESSAGE')],
    [20, 'getUserChannels', () => client.presence.getUserChannels('_')],
    [20, 'getState', () => client.presence.getState('_', 'x', 'MESSAGE')],
    [20, 'modifyState', () => client.presence.setState('_', 'MESSAGE', {})],
    [20, 'channelMetaModify', () => client.storage.setChannelMetadata('_', 'MESSAGE', [])],
    [20, 'channelMetaGet', () => client.storage.getChannelMetadata('_', 'MESSAGE')],
    [20, 'userMetaModify', () => client.storage.setUserMetadata([])],
    [20, 'userMetaGet', () => client.storage.getUserMetadata()],
    [20, 'userMetaSub', () => client.storage.subscribeUserMetadata('_')],
    [20, 'setLock', () => client.lock.setLock('_', 'MESSAGE', 'l')],
    [20, 'getLock', () => client.lock.getLock('_', 'MESSAGE')],
    [20, 'renewToken', () => client.renewToken('')],
    [20, 'getMessages', () => client.history.getMessages('_', 'MESSAGE')],
    [10, 'acquireLock', () => client.lock.acquireLock('_', 'MESSAGE', 'l')],
  ];
  for (const [most, operation, call] of calls) {
    for (let at = 0; at < most; at++) expect(await outcome(call())).not.toBe(-10021);
    const error = await call().catch((each: unknown) => each);
    expect(error).toMatchObject({ errorCode: -10021, operation });
  }
  // Each kind is two methods and one count.
  expect(await outcome(client.presence.whoNow('x', 'MESSAGE'))).toBe(-10021);
  expect(await outcome(client.presence.removeState('x', 'MESSAGE'))).toBe(-10021);
  // The rate comes before everything else.
  expect(await outcome(client.publish('', 'x', { channelType: 'STREAM' }))).toBe(-10021);
  await world.pass(1000);
  expect(await client.publish('x', 'x')).toMatchObject({ channelName: 'x' });
});

test('RTM60, RTM70: an impossible request is refused by the SDK, with the codes of the API', async () => {
  const { client } = ann;
  const { storage, lock } = client;
  const item = { key: 'k', value: 'v' };
  const cases: [number, () => unknown][] = [
    [-10019, () => storage.setChannelMetadata('x', 'USER', [])],
    [-10008, () => storage.updateChannelMetadata('', 'MESSAGE', [])],
    [-10006, () => storage.updateUserMetadata([item], { userId: '_' })],
    [-12004, () => storage.setUserMetadata(item as never)],
    [-12004, () => storage.setUserMetadata([item], 7 as never)],
    [-12003, () => storage.setUserMetadata([{ ...item, more: 1 } as never])],
    [-12003, () => storage.setUserMetadata([null as never])],
    [-12009, () => storage.setUserMetadata([{ ...item, key: '' }])],
    [-12009, () => storage.setUserMetadata([{ ...item, key: 'ä' }])],
    [-12011, () => storage.setUserMetadata([{ ...item, key: 'k'.repeat(33) }])],
    [-12010, () => storage.setUserMetadata([{ ...item, value: 7 as never }])],
    [-12012, () => storage.setUserMetadata([{ ...item, value: 'v'.repeat(16 * 1024 + 1) }])],
    [-12006, () => storage.setUserMetadata(['a', 'b'].map((key) => ({ key, value: 'v'.repeat(9000) })))],
    [-12013, () => storage.setUserMetadata([item, item])],
    [-12005, () => storage.setUserMetadata([{ ...item, revision: -2 }])],
    [-12005, () => storage.setUserMetadata([item], { majorRevision: 1.5 })],
    [-12007, () => storage.setChannelMetadata('x', 'MESSAGE', [item], { lockName: '_' })],
    [-10019, () => lock.getLock('x', 'USER')],
    [-14005, () => lock.setLock('x', 'MESSAGE', '')],
    [-10014, () => lock.setLock('x', 'MESSAGE', 'l', { ttl: '1' as never })],
    [-10006, () => lock.revokeLock('x', 'MESSAGE', 'l', '')],
    [-10008, () => client.createStreamChannel('')],
  ];
  for (const [code, act] of cases) {
    await world.pass(1000);
    expect(await outcome((async () => act())())).toBe(code);
  }
  expect(world.requests).toEqual([]);
  const only = makeClient('only', { privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: ['h'] } });
  expect(await outcome((async () => only.client.createStreamChannel('x'))())).toBe(-10022);
  world.socket.tell({ type: 'closing', code: 'kicked', message: 'Out.', retry: false });
  await world.settle();
  expect(await outcome(lock.getLock('x', 'MESSAGE'))).toBe(-10011);
  expect(await outcome(storage.getUserMetadata())).toBe(-10011);
});

test('RTM37: of two subscriptions under way the first counts where the server refuses the second', async () => {
  const { client, messages } = ann;
  const held: number[] = [];
  world.onRequest = ({ id }) => void held.push(id);
  const both = [client.subscribe('lobby'), client.subscribe('lobby', { withPresence: false })].map(outcome);
  await world.settle();
  const [first = 0, second = 0] = held;
  world.socket.ok(first);
  world.socket.refuse(second, -10021);
  expect(await Promise.all(both)).toEqual([{ timestamp: world.nowMs, channelName: 'lobby' }, -10021]);
  message('lobby');
  await world.settle();
  expect(messages).toHaveLength(1);
  // A subscription that was ended in between does not count.
  const ended = [client.subscribe('attic'), client.unsubscribe('attic')].map(outcome);
  await world.settle();
  for (const id of held.splice(2)) world.socket.ok(id);
  await Promise.all(ended);
  message('attic');
  await world.settle();
  expect(messages).toHaveLength(1);
});
