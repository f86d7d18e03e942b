import { afterEach, expect, test } from 'bun:test';
import { app, SignalingWorld, subscription } from '../../../testing/worlds/signaling-world.ts';
import { limits } from '../../limits.ts';
import { messagesBusTopic } from '../names/bus-topics.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const to = (channel: string, content: object = { text: 'hi' }, over: object = {}) => ({
  type: 'publish',
  channelType: 'MESSAGE',
  channel,
  content,
  ...over,
});

test('SIG33: a message goes to all who subscribed with messages, the publisher too, once encoded', async () => {
  const w = await begin();
  const [ann, bob, cid] = [await w.login('ann'), await w.login('bob'), await w.login('cid')];
  await ann.subscribes('lobby');
  await bob.subscribes('lobby');
  await cid.subscribes('lobby', { withMessage: false });
  const before = w.published;
  expect((await ann.asks(to('lobby', { text: 'héllo' }, { customType: 'chat' }))).type).toBe('ok');
  expect(w.published).toBe(before + 1);
  for (const client of [ann, bob])
    expect(client.all('message')).toEqual([
      {
        type: 'message',
        channelType: 'MESSAGE',
        channel: 'lobby',
        publisher: 'ann',
        content: { text: 'héllo' },
        customType: 'chat',
        serverMs: expect.any(Number),
      },
    ]);
  expect(cid.all('message')).toEqual([]);
  // No subscription is needed to publish, and after unsubscribing nothing comes.
  await bob.asks({ type: 'unsubscribe', channelType: 'MESSAGE', channel: 'lobby' });
  await bob.asks(to('lobby', { bytes: 'AAEC' }));
  expect(bob.all('message')).toHaveLength(1);
  expect(ann.all('message').at(-1)).toMatchObject({ publisher: 'bob', content: { bytes: 'AAEC' } });
});

test('SIG33: messages of one publisher come in its order', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  for (let i = 0; i < 50; i++)
    ann.handler?.onText(JSON.stringify({ id: i, ...to('lobby', { text: `${i}` }) }));
  await w.settled();
  expect(bob.all('message').map(({ content }) => content)).toEqual(
    Array.from({ length: 50 }, (_, i) => ({ text: `${i}` })),
  );
});

test('SIG3: who subscribes again misses nothing of what is told meanwhile', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await ann.subscribes('lobby');
  // Both happen in one turn: bob's message is durable together with the subscription, and is told before that is answered.
  ann.handler?.onText(JSON.stringify({ ...subscription('lobby'), id: 901, states: { mood: 'good' } }));
  bob.handler?.onText(
    JSON.stringify({ id: 902, ...to('lobby', { text: 'meanwhile' }), storeInHistory: true }),
  );
  await w.settled();
  await bob.asks(to('lobby', { text: 'after' }));
  expect(ann.all('ok').map(({ id }) => id)).toContain(901);
  expect(ann.all('message').map(({ content }) => content)).toEqual([
    { text: 'meanwhile' },
    { text: 'after' },
  ]);
  await ann.subscribes('lobby', { withMessage: false });
  await bob.asks(to('lobby', { text: 'unheard' }));
  await ann.asks({ type: 'unsubscribe', channelType: 'MESSAGE', channel: 'lobby' });
  expect(ann.all('message')).toHaveLength(2);
  expect([...ann.topics]).toEqual([]);
});

test('SIG34: a message to a user is taken only while they are connected', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  const toBob = to('bob', { text: 'psst' }, { channelType: 'USER' });
  expect((await ann.asks(toBob)).type).toBe('ok');
  expect(bob.all('message')).toMatchObject([{ channelType: 'USER', channel: 'bob', publisher: 'ann' }]);
  await bob.drops();
  expect(await ann.asks(toBob)).toMatchObject({ type: 'refused', code: -11033 });
  expect(await ann.asks({ ...toBob, channel: 'nobody' })).toMatchObject({ type: 'refused', code: -11033 });
});

test('SIG35: what cannot be published or asked is refused with the number of the API, and costs nothing else', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const cases: readonly [object, number][] = [
    [to('lobby', { text: 'x'.repeat(32 * 1024) }), 0],
    [to('lobby', { text: 'x'.repeat(32 * 1024 + 1) }), -11010],
    [to('lobby', { text: 'é'.repeat(16 * 1024 + 1) }), -11010],
    [to('lobby', { bytes: Buffer.alloc(32 * 1024).toString('base64') }), 0],
    [to('lobby', { bytes: Buffer.alloc(32 * 1024 + 1).toString('base64') }), -11010],
    [to('lobby', { bytes: 'not base64!' }), -11009],
    [to('lobby', { text: 'a', bytes: 'AAEC' }), -11009],
    [to('lobby', { text: 1 }), -11009],
    [to('lobby', {}), -11009],
    [to('lobby', { text: 'a' }, { customType: 'x'.repeat(32) }), 0],
    [to('lobby', { text: 'a' }, { customType: 'x'.repeat(33) }), -11029],
    [to('lobby', { text: 'a' }, { customType: 1 }), -11030],
    [to('a.b'), -10008],
    [to(''), -10008],
    [to('_x', { text: 'a' }, { channelType: 'USER' }), -10006],
    [to('lobby', { text: 'a' }, { channelType: 'STREAM' }), -10019],
    [{ type: 'subscribe', channelType: 'USER', channel: 'lobby' }, -10019],
    [{ type: 'subscribe', channelType: 'MESSAGE', channel: 'x'.repeat(65) }, -10008],
    [{ type: 'nonsense' }, -10014],
    [{ type: 'user-channels', userId: '' }, -10006],
    [{ type: 'unsubscribe', channelType: 'MESSAGE', channel: 'never' }, 0],
  ];
  for (const [request, code] of cases) {
    const answer = await ann.asks({ ...request });
    expect([request, answer.type === 'ok' ? 0 : answer.code]).toEqual([request, code]);
  }
  expect(ann.closed).toBeUndefined();
});

test('SIG36: who asks too much of a kind is refused, and may go on a moment later', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const burst = limits.signalingPublishesPerSecondMax * 5;
  for (let id = 1; id <= burst + 1; id++) ann.handler?.onText(JSON.stringify({ id, ...to('lobby') }));
  await w.settled();
  expect(ann.all('ok')).toHaveLength(burst);
  expect(ann.all('refused')).toMatchObject([{ id: burst + 1, code: -10021 }]);
  await w.advance(1_000);
  expect((await ann.asks(to('lobby'))).type).toBe('ok');
  expect((await ann.asks({ type: 'user-channels', userId: 'ann' })).type).toBe('ok');
});

test('SIG36: ten thousand subscriptions end at the limit, and others go on', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const answer = await ann.subscribes(`c${i}`, { withPresence: false });
    if (answer.type === 'refused') {
      expect([-11005, -10021]).toContain(answer.code);
      refused += answer.code === -11005 ? 1 : 0;
    }
    await w.advance(60);
  }
  expect(refused).toBe(400 - limits.signalingSubscriptionsMax);
  expect((await bob.subscribes('lobby')).type).toBe('ok');
  // A channel that it has already is none more.
  expect((await ann.subscribes('c0')).type).toBe('ok');
});

test('SIG36: one publisher cannot drown a large channel; small messages, and others, go through', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const bob = await w.login('bob');
  await bob.subscribes('lobby');
  // As if very many were there.
  const { audiences } = w.signaling.parts;
  const topic = messagesBusTopic({ app: app.id, kind: 'message', name: 'lobby' });
  const leave = Array.from({ length: 20_000 }, () => audiences.enter(topic));
  const large = to('lobby', { text: 'x'.repeat(32_000) });
  expect((await ann.asks(large)).type).toBe('ok');
  expect(await ann.asks(large)).toMatchObject({ type: 'refused', code: -11025 });
  expect((await bob.asks(to('lobby'))).type).toBe('ok');
  await w.advance(5_000);
  expect((await ann.asks(to('lobby'))).type).toBe('ok');
  for (const end of leave) end();
  expect(audiences.sizeOf(topic)).toBe(1);
  await bob.says({ type: 'logout' });
  expect(audiences.sizeOf(topic)).toBe(0);
});
