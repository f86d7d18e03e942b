import { afterEach, expect, test } from 'bun:test';
import { app, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { limits } from '../../limits.ts';

let world: SignalingWorld | undefined;
async function begin(over?: Parameters<typeof SignalingWorld.start>[0]): Promise<SignalingWorld> {
  world = await SignalingWorld.start(over);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const keep = (channel: string, text: string, over: object = {}) => ({
  type: 'publish',
  channelType: 'MESSAGE',
  channel,
  content: { text },
  storeInHistory: true,
  ...over,
});
const direct = { channelType: 'USER' };
async function read(client: TestClient, channel: string, over: object = {}) {
  const query = {
    type: 'get-messages',
    channelType: 'MESSAGE',
    channel,
    count: 100,
    start: 0,
    end: 0,
    ...over,
  };
  const answer = await client.asks(query);
  if (answer.type === 'refused') return answer.code;
  const { result } = answer;
  if (!result || !('messages' in result)) throw new Error(JSON.stringify(answer));
  return result;
}
const textsOf = async (client: TestClient, channel: string, over: object = {}) => {
  const page = await read(client, channel, over);
  if (typeof page === 'number') return page;
  return page.messages.map(
    ({ publisher, content }) => `${publisher}: ${'text' in content ? content.text : '?'}`,
  );
};

test('SIG81: what is kept is durable before it is told, and found under the time with which it was told', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  expect((await ann.asks(keep('lobby', 'one', { customType: 'chat' }))).type).toBe('ok');
  await ann.asks({ ...keep('lobby', 'not kept'), storeInHistory: false });
  await ann.asks(keep('lobby', 'two'));
  const [one] = bob.all('message');
  expect(await read(bob, 'lobby')).toMatchObject({
    messages: [
      { publisher: 'ann', content: { text: 'two' } },
      { publisher: 'ann', content: { text: 'one' }, customType: 'chat', timestamp: one?.serverMs ?? -1 },
    ],
    newStart: 0,
  });
  expect(bob.all('message').map(({ content }) => content)).toEqual(
    ['one', 'not kept', 'two'].map((text) => ({ text })),
  );
  await w.crash();
  await w.start();
  const again = await w.login('cid');
  expect(await textsOf(again, 'lobby')).toEqual(['ann: two', 'ann: one']);
});

test('SIG81: kept and other messages of one publisher come in its order, and no two have one time', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  for (let each = 0; each < 40; each++)
    ann.handler?.onText(
      JSON.stringify({ id: each, ...keep('lobby', `${each}`), storeInHistory: each % 3 !== 0 }),
    );
  await w.advance(1_000);
  expect(bob.all('message').map(({ content }) => 'text' in content && Number(content.text))).toEqual(
    Array.from({ length: 40 }, (_, each) => each),
  );
  const page = await read(bob, 'lobby');
  const times = typeof page === 'number' ? [] : page.messages.map(({ timestamp }) => timestamp);
  expect(times).toHaveLength(26);
  expect(new Set(times).size).toBe(26);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('SIG81: to a user: kept for who is away, told to who is there; only the two can read it', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  expect(await ann.asks(keep('bob', 'are you there', direct))).toMatchObject({
    type: 'refused',
    code: -11035,
  });
  const [bob, cid] = [await w.login('bob'), await w.login('cid')];
  expect((await bob.asks(keep('ann', 'now I am', direct))).type).toBe('ok');
  expect(ann.all('message')).toMatchObject([{ channelType: 'USER', channel: 'ann', publisher: 'bob' }]);
  const both = ['bob: now I am', 'ann: are you there'];
  expect(await textsOf(ann, 'bob', direct)).toEqual(both);
  expect(await textsOf(bob, 'ann', direct)).toEqual(both);
  expect(await textsOf(cid, 'ann', direct)).toEqual([]);
  expect(await textsOf(ann, 'bob')).toEqual([]);
});

test('SIG81: what cannot be kept goes to no channel; a user who is there gets it, and the publisher is told', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  w.disk.faults.spaceBytesLeft = 0;
  expect(await ann.asks(keep('lobby', 'lost'))).toMatchObject({ type: 'refused', code: -15001 });
  expect(bob.all('message')).toEqual([]);
  expect(await ann.asks(keep('bob', 'told', direct))).toMatchObject({ type: 'refused', code: -11037 });
  expect(bob.all('message')).toHaveLength(1);
  expect(await ann.asks(keep('cid', 'lost', direct))).toMatchObject({ type: 'refused', code: -11036 });
});

test('SIG86: an app without history keeps nothing, and says so', async () => {
  const w = await begin({ signaling: { ...app.signaling, historyDays: 0 } });
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  expect(await ann.asks(keep('lobby', 'x'))).toMatchObject({ code: -15005 });
  expect(await ann.asks(keep('bob', 'x', direct))).toMatchObject({ code: -15005 });
  expect(await read(ann, 'lobby')).toBe(-15005);
  expect(bob.all('message')).toEqual([]);
});

test('SIG86: what cannot be asked for is refused with the number of the API', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const cases: [object, number][] = [
    [{ count: 0 }, -10014],
    [{ count: 101 }, -10014],
    [{ count: 1.5 }, -10014],
    [{ start: -1 }, -15002],
    [{ end: 0.5 }, -15002],
    [{ start: 5, end: 6 }, -15002],
    [{ channelType: 'STREAM' }, -10019],
    [{ channel: '' }, -10008],
    [{ channelType: 'USER', channel: '_' }, -10006],
  ];
  for (const [over, code] of cases) expect([over, await read(ann, 'lobby', over)]).toEqual([over, code]);
  expect(await ann.asks(keep('lobby', 'x', { storeInHistory: 1 }))).toMatchObject({ code: -10014 });
});

test('SIG86: one user keeps so many bytes in a time, and a page has so many characters', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const long = 'x'.repeat(32 * 1024);
  const most = (limits.signalingKeptBytesPerSecondMax * 5) / long.length;
  let kept = 0;
  let answer = await ann.asks(keep('lobby', long));
  for (; answer.type === 'ok' && kept < most + 10; kept++) answer = await ann.asks(keep('lobby', long));
  expect(answer).toMatchObject({ type: 'refused', code: -10021 });
  const bob = await w.login('bob');
  let start = 0;
  const counts: number[] = [];
  do {
    const page = await read(bob, 'lobby', { start });
    if (typeof page === 'number') throw new Error(`${page}`);
    counts.push(page.messages.length);
    start = page.newStart;
  } while (start !== 0);
  expect(counts.length).toBeGreaterThan(1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(kept);
});
