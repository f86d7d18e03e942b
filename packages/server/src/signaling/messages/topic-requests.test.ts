import { afterEach, expect, test } from 'bun:test';
import { app, leaseMs, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { limits } from '../../limits.ts';
import { publishersBusTopic, topicMessagesBusTopic } from '../names/bus-topics.ts';

let world: SignalingWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** A stream channel with these users in it. */
async function arena(...userIds: string[]) {
  const w = await SignalingWorld.start();
  world = w;
  const clients: TestClient[] = [];
  for (const userId of userIds) {
    const client = await w.login(userId);
    expect(await client.enters('arena')).toMatchObject({ type: 'ok' });
    clients.push(client);
  }
  const [a = w.connect(), b = w.connect(), c = w.connect()] = clients;
  return { w, a, b, c };
}
const about = (type: string, topic: string, over: object = {}) => ({
  type,
  channel: 'arena',
  topic,
  ...over,
});
const publishes = (topic: string, text = 'hi', over: object = {}) =>
  about('publish-topic', topic, { content: { text }, ...over });
const joins = (topic: string, meta = '') => about('join-topic', topic, { meta });
const events = (client: TestClient) => client.all('topic').map(({ event }) => event);
const code = (answer: { readonly type: string; readonly code?: number }) => answer.code ?? 0;

test('SIG63: everybody in the channel is told who publishes, then who begins and ends; in order, each once', async () => {
  const { w, a, b } = await arena('ann', 'bob');
  expect(events(b)).toEqual([{ type: 'SNAPSHOT', topics: [] }]);
  await a.asks(joins('moves', 'red'));
  await a.asks(joins('moves', 'red'));
  await a.asks(joins('chat'));
  await a.asks(joins('moves', 'blue'));
  await a.asks(about('leave-topic', 'chat'));
  const moves = (meta: string) => [{ topic: 'moves', publishers: [{ userId: 'ann', meta }] }];
  const chat = [{ topic: 'chat', publishers: [{ userId: 'ann', meta: '' }] }];
  const news = [
    { type: 'REMOTE_JOIN', userId: 'ann', topics: moves('red') },
    { type: 'REMOTE_JOIN', userId: 'ann', topics: chat },
    { type: 'REMOTE_JOIN', userId: 'ann', topics: moves('blue') },
    { type: 'REMOTE_LEAVE', userId: 'ann', topics: chat },
  ];
  expect(events(b).slice(1)).toEqual(news as never);
  expect(events(a).slice(1)).toEqual(news as never);
  await b.asks(joins('moves', 'b'));
  const cid = await w.login('cid');
  await cid.enters('arena', { withPresence: false });
  expect(events(cid)).toEqual([
    {
      type: 'SNAPSHOT',
      topics: [
        {
          topic: 'moves',
          publishers: expect.arrayContaining([
            { userId: 'ann', meta: 'blue' },
            { userId: 'bob', meta: 'b' },
          ]),
        },
      ],
    },
  ]);
  await a.asks(joins('chat'));
  await a.asks({ type: 'unsubscribe', channelType: 'STREAM', channel: 'arena' });
  const before = events(a).length;
  expect(events(cid).at(-1)).toEqual({
    type: 'REMOTE_LEAVE',
    userId: 'ann',
    topics: [...moves('blue'), ...chat],
  });
  await b.asks(about('leave-topic', 'moves'));
  expect(events(a)).toHaveLength(before);
});

test('SIG63: a timeout ends what one published; a return within the lease shows nothing; quiet publishers are told', async () => {
  const { w, a, b } = await arena('ann', 'bob');
  await a.asks(joins('t'));
  const { session } = a.welcome;
  await a.drops();
  await w.advance(leaseMs / 2);
  const again = await w.login('ann', { session });
  expect(again.welcome.resumed).toBe(true);
  expect(events(again)).toEqual([
    { type: 'SNAPSHOT', topics: [{ topic: 't', publishers: [{ userId: 'ann', meta: '' }] }] },
  ]);
  await w.advance(leaseMs * 2);
  expect(events(b).map(({ type }) => type)).toEqual(['SNAPSHOT', 'REMOTE_JOIN']);
  await again.enters('arena', { beQuiet: true });
  await again.asks(joins('u'));
  await again.drops();
  await w.advance(leaseMs * 2);
  expect(events(b).map(({ type }) => type)).toEqual([
    'SNAPSHOT',
    'REMOTE_JOIN',
    'REMOTE_JOIN',
    'REMOTE_LEAVE',
  ]);
  // Another device does not publish what this one did.
  const first = await w.login('ann');
  await first.enters('arena');
  await first.asks(joins('t'));
  const second = await w.login('ann');
  await second.enters('arena');
  expect(first.closed).toBeDefined();
  expect(
    events(b)
      .slice(-2)
      .map(({ type }) => type),
  ).toEqual(['REMOTE_JOIN', 'REMOTE_LEAVE']);
  expect(code(await second.asks(publishes('t')))).toBe(-11016);
  expect(w.signaling.parts.topicEvents.size).toBe(1);
});

test('SIG62: a user publishes in at most memberTopicsMax topics; each fault has its number', async () => {
  const { w, a } = await arena('ann');
  const cases: readonly [object, number][] = [
    [joins('_t'), -11008],
    [joins('x'.repeat(17)), -11008],
    [joins(''), -11008],
    [joins('a.b'), -11008],
    [joins('x'.repeat(16), 'm'.repeat(256)), 0],
    [joins('t', 'm'.repeat(257)), -11018],
    [joins('t', 'é'.repeat(129)), -11018],
    [about('join-topic', 't', { meta: 7 }), -11018],
    [joins('__proto__'), -11008],
    [joins('toString'), 0],
    [about('leave-topic', 'never'), -11016],
    [about('leave-topic', 'toString'), 0],
    [{ ...joins('t'), channel: 'elsewhere' }, -11001],
    [{ ...publishes('t'), channel: 'elsewhere' }, -11001],
    [{ ...about('subscribe-topic', 't'), channel: 'elsewhere' }, -11001],
    [{ ...about('unsubscribe-topic', 't'), channel: 'elsewhere' }, -11001],
    ...Array.from({ length: limits.memberTopicsMax - 1 }, (_, i): [object, number] => [joins(`t${i}`), 0]),
    [joins('one more'), -11014],
    [joins('t0', 'other'), 0],
  ];
  for (const [request, want] of cases) {
    expect([request, code(await a.asks({ ...request }))]).toEqual([request, want]);
    await w.advance(100);
  }
  expect(a.closed).toBeUndefined();
});

test('SIG64: a message goes to those alone who subscribed to this publisher in this topic, encoded once', async () => {
  const { w, a, b, c } = await arena('ann', 'bob', 'cid');
  for (const client of [a, b]) for (const topic of ['t', 'u']) await client.asks(joins(topic));
  await c.asks(about('subscribe-topic', 't', { users: ['ann'] }));
  const before = w.published;
  expect(code(await a.asks(publishes('t', 'e4', { customType: 'chess' })))).toBe(0);
  expect(w.published).toBe(before + 1);
  await b.asks(publishes('t', 'not subscribed'));
  await a.asks(publishes('u', 'another topic'));
  expect([a.all('message'), b.all('message')]).toEqual([[], []]);
  expect(c.all('message')).toEqual([
    {
      type: 'message',
      channelType: 'STREAM',
      channel: 'arena',
      topic: 't',
      publisher: 'ann',
      content: { text: 'e4' },
      customType: 'chess',
      serverMs: expect.any(Number),
    },
  ]);
  expect(code(await c.asks(publishes('t')))).toBe(-11016);
  expect(code(await a.asks(publishes('t', 'x'.repeat(1024))))).toBe(0);
  expect(code(await a.asks(publishes('t', 'x'.repeat(1025))))).toBe(-11010);
  expect(code(await a.asks(publishes('t', '', { content: 1 })))).toBe(-11009);
  expect(code(await a.asks(publishes('t', 'x', { customType: 'x'.repeat(33) })))).toBe(-11029);
  await a.asks(about('leave-topic', 't'));
  expect(code(await a.asks(publishes('t')))).toBe(-11016);
  const count = c.all('message').length;
  await c.asks({ type: 'unsubscribe', channelType: 'STREAM', channel: 'arena' });
  await a.asks(joins('t'));
  await a.asks(publishes('t'));
  expect(c.all('message')).toHaveLength(count);
  expect(
    w.signaling.parts.audiences.sizeOf(
      topicMessagesBusTopic({ app: app.id, kind: 'stream', name: 'arena' }, 't', 'ann'),
    ),
  ).toBe(0);
});

test('SIG64: 200 messages a second in a topic, with a burst; what goes on others is counted', async () => {
  const { w, a } = await arena('ann');
  await a.asks(joins('t'));
  await a.asks(joins('u'));
  const flood = async (count: number, frame: object) => {
    const before = a.all('refused').length;
    for (let i = 0; i < count; i++) a.handler?.onText(JSON.stringify({ id: 10_000 + i, ...frame }));
    await w.settled();
    return a.all('refused').slice(before);
  };
  const perSecond = limits.signalingTopicMessagesPerSecondMax;
  const refused = await flood(perSecond * 5 + 50, publishes('t'));
  expect(refused.length).toBeGreaterThan(20);
  expect(refused.length).toBeLessThanOrEqual(50);
  expect(refused.every((each) => each.code === -11025)).toBe(true);
  // Each topic has its own, and the connection stands it.
  expect(await flood(500, publishes('u'))).toEqual([]);
  await w.advance(1_000);
  expect(await flood(perSecond - 10, publishes('t'))).toEqual([]);
  expect(a.closed).toBeUndefined();
  // Beyond all eight it is too much for a connection.
  await flood(15_000, publishes('never'));
  expect(a.closed).toBeDefined();
});

test('SIG64: what messages put on the connections of subscribers is counted with all others', async () => {
  const { w, a, b } = await arena('ann', 'bob');
  await a.asks(joins('t'));
  await b.asks(about('subscribe-topic', 't', { users: ['ann'] }));
  const to = topicMessagesBusTopic({ app: app.id, kind: 'stream', name: 'arena' }, 't', 'ann');
  const leave = Array.from({ length: 400_000 }, () => w.signaling.parts.audiences.enter(to));
  expect(code(await a.asks(publishes('t', 'x'.repeat(500))))).toBe(0);
  expect(code(await a.asks(publishes('t', 'x'.repeat(500))))).toBe(-11025);
  for (const out of leave) out();
  expect(code(await a.asks(publishes('t', 'x')))).toBe(0);
  expect(b.all('message')).toHaveLength(2);
  // Beginning and ending to publish is told to everybody, and counted as well.
  const told = publishersBusTopic({ app: app.id, kind: 'stream', name: 'arena' });
  for (let i = 0; i < 1_000_000; i++) w.signaling.parts.audiences.enter(told);
  await w.advance(10_000);
  const answers = [];
  for (const topic of ['u', 'v']) answers.push(code(await a.asks(joins(topic, 'm'.repeat(200)))));
  expect(answers).toEqual([0, -10021]);
});

test('SIG65: a session has signalingFollowedPublishersMax publishers in all its channels', async () => {
  const { w, a } = await arena('ann');
  const full = Math.floor(limits.signalingFollowedPublishersMax / 64);
  const users = Array.from({ length: 64 }, (_, i) => `u${i}`);
  const counts: number[] = [];
  for (let i = 0; i <= full; i++) {
    const channel = `c${Math.floor(i / 50)}`;
    if (i % 50 === 0) await a.enters(channel);
    const answer = await a.asks({ type: 'subscribe-topic', channel, topic: `t${i}`, users, absent: true });
    if (answer.type === 'ok' && answer.result && 'failed' in answer.result)
      counts.push(answer.result.failed.length);
    await w.advance(60);
  }
  expect(counts.slice(0, -1).every((failed) => failed === 0)).toBe(true);
  expect(counts.at(-1)).toBe((full + 1) * 64 - limits.signalingFollowedPublishersMax);
});

test('SIG65: users are added one by one, and each that cannot be has its own number', async () => {
  const { w, a, b, c } = await arena('ann', 'bob', 'cid');
  await a.asks(joins('t'));
  await b.asks(joins('t'));
  await c.asks(joins('t'));
  const ask = async (over: object) => {
    const answer = await c.asks(about('subscribe-topic', 't', over));
    return answer.type === 'ok' ? answer.result : answer.code;
  };
  expect(await ask({ users: ['ann', 'dan', 'cid', '_bad', '', 'ann'] })).toEqual({
    subscribed: ['ann'],
    succeeded: ['ann'],
    failed: [
      { userId: 'dan', code: 5 },
      { userId: 'cid', code: 6 },
      { userId: '_bad', code: 6 },
      { userId: '', code: 6 },
      { userId: 'ann', code: 20001 },
    ],
  });
  expect(await ask({ users: ['bob'] })).toEqual({
    subscribed: ['ann', 'bob'],
    succeeded: ['bob'],
    failed: [],
  });
  expect(await ask({})).toEqual({ subscribed: ['ann', 'bob'], succeeded: [], failed: [] });
  expect(await ask({ users: Array.from({ length: 65 }, (_, i) => `u${i}`) })).toBe(-11003);
  expect(await ask({ users: 'ann' })).toBe(-11011);
  expect(await ask({ users: [1] })).toBe(-11011);
  // A topic in which nobody publishes, or only oneself, is an empty success.
  const nobody = { subscribed: [], succeeded: [], failed: [] };
  expect(await c.asks(about('subscribe-topic', 'empty'))).toMatchObject({ type: 'ok', result: nobody });
  await c.asks(about('join-topic', 'own'));
  expect(await c.asks(about('subscribe-topic', 'own'))).toMatchObject({ type: 'ok', result: nobody });
  const out = async (over: object) => {
    const answer = await c.asks(about('unsubscribe-topic', 't', over));
    return answer.type === 'ok' ? answer.result : answer.code;
  };
  expect(await out({ users: ['ann', 'dan'] })).toMatchObject({ subscribed: ['bob'] });
  await a.asks(publishes('t', 'from ann'));
  await b.asks(publishes('t', 'from bob'));
  expect(c.all('message').map(({ publisher }) => publisher)).toEqual(['bob']);
  expect(await out({})).toMatchObject({ subscribed: [] });
  expect(await out({})).toBe(-11013);
  expect(await ask({})).toMatchObject({ subscribed: expect.arrayContaining(['ann', 'bob']) });
  // 50 topics at most, whoever publishes there.
  await w.advance(60_000);
  for (let i = 1; i < limits.signalingTopicsMax; i++)
    expect(code(await c.asks(about('subscribe-topic', `t${i}`, { users: ['ann'], absent: true })))).toBe(0);
  expect(code(await c.asks(about('subscribe-topic', 'more', { users: ['ann'], absent: true })))).toBe(-11014);
  expect(code(await c.asks(about('subscribe-topic', 't', { users: ['ann'] })))).toBe(0);
});

test('SIG65: without users 64 of those who publish are taken by chance; the sixty-fifth finds no room', async () => {
  const { w, a } = await arena('ann');
  const key = { app: app.id, kind: 'stream', name: 'arena' } as const;
  for (let uid = 1; uid <= 80; uid++) {
    const connectionId = `c${uid}`;
    void w.log.join({
      key,
      identity: { uid },
      connectionId,
      connectionKind: 'signaling',
      role: 'audience',
      platform: 0,
      quiet: false,
      leaseMs: 1e6,
      ip: '',
    });
    void w.log.submit(key, { type: 'join-topic', connectionId, topic: 't', meta: '' });
  }
  await w.settled();
  const ask = async (over: object) => {
    const answer = await a.asks(about('subscribe-topic', 't', over));
    if (answer.type !== 'ok' || !answer.result || !('subscribed' in answer.result))
      throw new Error('no result');
    return answer.result;
  };
  const { subscribed, failed } = await ask({});
  expect(failed).toEqual([]);
  expect(new Set(subscribed).size).toBe(64);
  expect(subscribed).not.toEqual(Array.from({ length: 64 }, (_, i) => String(i + 1)));
  const missing =
    Array.from({ length: 80 }, (_, i) => String(i + 1)).find((each) => !subscribed.includes(each)) ?? '';
  expect(await ask({ users: [missing] })).toMatchObject({
    succeeded: [],
    failed: [{ userId: missing, code: 20003 }],
  });
  // A user who stops publishing makes room for one who publishes.
  const gone = subscribed[10] ?? '';
  expect(
    await w.log.submit(key, { type: 'leave-topic', connectionId: `c${gone}`, topic: 't' }),
  ).toMatchObject({
    ok: true,
  });
  await w.settled();
  const after = await ask({ users: [missing] });
  expect(after.succeeded).toEqual([missing]);
  expect(after.subscribed).toHaveLength(64);
  expect(after.subscribed).not.toContain(gone);
});

test('SIG66: who was subscribed and comes back is heard again; so is one who was subscribed before he was there', async () => {
  const { w, a, b } = await arena('ann', 'bob');
  await a.asks(joins('t'));
  await b.asks(about('subscribe-topic', 't', { users: ['ann'] }));
  await a.asks(about('leave-topic', 't'));
  await a.asks(joins('t'));
  await a.asks(publishes('t', 'back'));
  await a.asks({ type: 'logout' });
  const ann = await w.login('ann');
  await ann.enters('arena');
  await ann.asks(joins('t'));
  await ann.asks(publishes('t', 'a new session'));
  await b.asks(about('subscribe-topic', 't', { users: ['cid'], absent: true }));
  const cid = await w.login('cid');
  await cid.enters('arena');
  await cid.asks(joins('t'));
  await cid.asks(publishes('t', 'cid'));
  expect(b.all('message').map(({ content }) => content)).toEqual([
    { text: 'back' },
    { text: 'a new session' },
    { text: 'cid' },
  ]);
});

test('SIG67: a session that is taken up again has its topics and its subscriptions to topics', async () => {
  const { w, a, b } = await arena('ann', 'bob');
  await a.asks(joins('t'));
  await b.asks(about('subscribe-topic', 't', { users: ['ann'] }));
  const sessions = [a.welcome.session, b.welcome.session] as const;
  await b.drops();
  await a.asks(publishes('t', 'lost'));
  await a.drops();
  const bob = await w.login('bob', { session: sessions[1] });
  const ann = await w.login('ann', { session: sessions[0] });
  expect(code(await ann.asks(publishes('t', 'again')))).toBe(0);
  expect(bob.all('message').map(({ content }) => content)).toEqual([{ text: 'again' }]);
  // Entering again keeps them, too.
  await bob.enters('arena', { withPresence: false });
  await ann.asks(publishes('t', 'once more'));
  expect(bob.all('message')).toHaveLength(2);
});
