import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';

const silent = { id: 'c'.repeat(32), certificate: 'd'.repeat(32), historyDays: 0 };
let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld({ apps: () => [testApp, silent] });
});
afterEach(() => world.close());

const app = `/v1/apps/${testApp.id}`;
const say = async (publisher: string, text: string, over: object = {}): Promise<number> => {
  const kept = await world.log.keepMessage({
    app: testApp.id,
    channelType: 'MESSAGE',
    channel: 'town hall',
    publisher,
    content: { text },
    ...over,
  });
  if (!kept.ok) throw new Error(kept.code);
  return kept.atMs;
};
const texts = async (path: string): Promise<string[]> => {
  const { status, body } = await world.json(`${app}/${path}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.messages.map(({ publisher, content }: Body) => `${publisher}: ${content.text}`);
};
const hall = 'channels/town%20hall/messages';

test('REST150: kept messages are read in pages, with everything that was kept before', async () => {
  const times: number[] = [];
  for (const text of ['a', 'b', 'c']) times.push(await say('ann', text));
  expect(await texts(hall)).toEqual(['ann: c', 'ann: b', 'ann: a']);
  const { body } = await world.json(`${app}/${hall}?count=2`);
  expect(body).toEqual({
    messages: [
      { publisher: 'ann', content: { text: 'c' }, timestamp: times[2] },
      { publisher: 'ann', content: { text: 'b' }, timestamp: times[1] },
    ],
    newStart: times[1],
  });
  expect(await texts(`${hall}?start=${times[1]}`)).toEqual(['ann: a']);
  expect(await texts(`${hall}?end=${times[1]}`)).toEqual(['ann: c', 'ann: b']);
});

test('REST150: of two users, both directions and nothing else', async () => {
  await say('ann', 'hi', { channelType: 'USER', channel: 'bob' });
  await say('bob', 'ho', { channelType: 'USER', channel: 'ann' });
  await say('cid', 'no', { channelType: 'USER', channel: 'ann' });
  expect(await texts('users/ann/messages?with=bob')).toEqual(['bob: ho', 'ann: hi']);
  expect(await texts('users/bob/messages?with=ann')).toEqual(['bob: ho', 'ann: hi']);
});

test('REST151: deleted are all of a channel, those of a publisher, one, or all that a user sent or got', async () => {
  const fill = async () => {
    const first = await say('ann', 'a');
    await say('bob', 'b');
    await say('ann', 'hi', { channelType: 'USER', channel: 'bob' });
    return first;
  };
  const first = await fill();
  const remove = async (path: string) => (await world.json(`${app}/${path}`, { method: 'DELETE' })).status;
  expect(await remove(`${hall}?timestamp=${first}`)).toBe(200);
  expect(await texts(hall)).toEqual(['bob: b']);
  expect(await remove(`${hall}?publisher=bob`)).toBe(200);
  expect(await texts(hall)).toEqual([]);
  await fill();
  expect(await remove('users/bob/messages')).toBe(200);
  expect(await texts(hall)).toEqual(['ann: a']);
  expect(await texts('users/ann/messages?with=bob')).toEqual([]);
  expect(await remove(hall)).toBe(200);
  expect(await texts(hall)).toEqual([]);
});

test('REST152: what makes no sense is refused, and an app without history says so', async () => {
  const cases: [path: string, code: string, method?: string][] = [
    [`${app}/${hall}?count=0`, 'query_invalid'],
    [`${app}/${hall}?count=101`, 'query_invalid'],
    [`${app}/${hall}?start=-1`, 'query_invalid'],
    [`${app}/${hall}?start=5&end=6`, 'query_invalid'],
    [`${app}/channels/_x/messages`, 'invalid_channel_name'],
    [`${app}/users/ann/messages`, 'invalid_user_id'],
    [`${app}/users/ann/messages?with=_`, 'invalid_user_id'],
    [`/v1/apps/${'e'.repeat(32)}/${hall}`, 'invalid_app_id'],
    [`/v1/apps/${silent.id}/${hall}`, 'history_off'],
    [`${app}/${hall}?publisher=ann&timestamp=5`, 'query_invalid', 'DELETE'],
    [`${app}/${hall}?publisher=_`, 'invalid_user_id', 'DELETE'],
    [`${app}/users/_/messages`, 'invalid_user_id', 'DELETE'],
  ];
  for (const [path, code, method = 'GET'] of cases)
    expect([path, (await world.json(path, { method })).body.code]).toEqual([path, code]);
  expect((await world.ask(`${app}/${hall}`, { anonymous: true })).status).toBe(401);
});
