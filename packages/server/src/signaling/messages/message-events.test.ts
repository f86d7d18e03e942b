import { afterEach, expect, test } from 'bun:test';
import { settle } from '../../../test/simulation/sim-clock.ts';
import { app, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { type KeepNeeds, publishKept } from './kept-messages.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** A message that is kept for whoever asks the log to, as another node would. */
const keep = (w: SignalingWorld, publisher: string, text: string, channel = 'lobby') =>
  w.log.keepMessage({ app: app.id, channelType: 'MESSAGE', channel, publisher, content: { text } });

const textsOf = (client: TestClient) =>
  client.all('message').map(({ content }) => ('text' in content ? content.text : '?'));

test('SIG190: a kept message is told from its record, whoever asked for it, to the channel and to the user', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  const kept = await keep(w, 'elsewhere', 'one');
  await w.log.keepMessage({
    app: app.id,
    channelType: 'USER',
    channel: 'ann',
    publisher: 'elsewhere',
    content: { text: 'to you' },
    customType: 'note',
  });
  await w.settled();
  const serverMs = kept.ok ? kept.atMs : Number.NaN;
  const by = { type: 'message', publisher: 'elsewhere' } as const;
  expect(bob.all('message')).toEqual([
    { ...by, channelType: 'MESSAGE', channel: 'lobby', content: { text: 'one' }, serverMs },
  ]);
  expect(ann.all('message')).toMatchObject([
    { ...by, channelType: 'USER', channel: 'ann', content: { text: 'to you' }, customType: 'note' },
  ]);
});

test('SIG190: kept messages of all publishers and channels are told in the order of the log', async () => {
  const w = await begin();
  const clients = await Promise.all(['ann', 'bob'].map((user) => w.login(user)));
  for (const client of clients) for (const channel of ['one', 'other']) await client.subscribes(channel);
  const from = w.log.lastPosition;
  for (let each = 0; each < 30; each += 1) {
    const channel = each % 3 === 0 ? 'one' : 'other';
    const frame = { channelType: 'MESSAGE', channel, content: { text: `${each}` }, storeInHistory: true };
    clients[each % 2]?.handler?.onText(JSON.stringify({ type: 'publish', id: each, ...frame }));
    if (each % 5 === 0) void keep(w, 'elsewhere', `${each} from elsewhere`, channel);
  }
  await w.advance(1_000);
  const logged: string[] = [];
  const ending = new AbortController();
  for await (const batch of w.log.follow(from, ending.signal)) {
    for (const { record } of batch)
      if (record.type === 'message' && 'text' in record.content) logged.push(record.content.text);
    if (logged.length === 36) ending.abort();
  }
  for (const client of clients) expect(textsOf(client)).toEqual(logged);
});

test('SIG190: the publisher is answered once it was told, and is told what else it says after it', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  for (const [id, storeInHistory] of [
    [7, true],
    [8, false],
  ] as const) {
    const frame = { type: 'publish', id, channelType: 'MESSAGE', channel: 'lobby', storeInHistory };
    ann.handler?.onText(JSON.stringify({ ...frame, content: { text: `${id}` } }));
  }
  await w.settled();
  const said = ann.frames.map((frame) =>
    frame.type === 'message' ? frame.content : 'id' in frame ? frame.id : frame.type,
  );
  expect(said.slice(-4)).toEqual([{ text: '7' }, 7, { text: '8' }, 8]);
});

test('SIG190: where those here are told late, the publisher is answered late, with those that there are then', async () => {
  const told = Promise.withResolvers<void>();
  const order: (string | number)[] = [];
  const needs = {
    apps: new Map([[app.id, app]]),
    clock: { nowMs: () => 1, steadyMs: () => 1 },
    log: {
      lastPosition: 5,
      keepMessage: async () => {
        order.push('kept');
        return { ok: true, atMs: 1 };
      },
    },
    toldTo: (position: number) => {
      order.push(position);
      return told.promise;
    },
    audiences: { sizeOf: () => (order.includes('told') ? 3 : 2) },
  } as unknown as KeepNeeds;
  const publisher = { app: app.id, userId: 'ann', rates: { takeDelivery: () => true, takeKept: () => true } };
  const published = publishKept(needs, publisher, {
    channelType: 'MESSAGE',
    channel: 'lobby',
    content: { text: 'x' },
  });
  void published.then(() => order.push('answered'));
  await settle();
  expect(order).toEqual(['kept', 5]);
  order.push('told');
  told.resolve();
  expect(await published).toEqual({ ok: true, receivers: 3 });
});
