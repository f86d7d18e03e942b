import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ApiWorld, openApiWorld, testApp, testCustomer } from '../../server/testing/worlds/api-world.ts';
import { ApiError, Housecount, requestOf } from './index.ts';

let world: ApiWorld;
let house: Housecount;
beforeAll(async () => {
  world = await openApiWorld();
  house = new Housecount({
    url: 'https://live.example/',
    customer: testCustomer,
    // Loopback, over the server's own handler.
    fetch: (url, init) =>
      world.ask(new URL(url).href.slice('https://live.example'.length), { ...init, anonymous: true }),
  });
  await world.join('green room', 7);
});
afterAll(() => world.close());

const app = testApp.id;

test('SHAPE4: the client puts what it is given into path, query and body, and has the answer', async () => {
  const roster = await house.call('getRoster', { app, channel: 'green room', limit: 1 });
  expect([roster.count, roster.members[0]?.uid]).toEqual([1, 7]);
  const rule = await house.call('createRule', {
    app,
    body: { channel: 'x', privileges: ['publish_audio'], seconds: 60 },
  });
  expect(await house.call('listRules', { app })).toMatchObject({ rules: [rule], total: 1 });
  expect(await house.call('deleteRule', { app, rule: rule.id })).toEqual({ id: rule.id });
  const { users } = await house.call('getUserStatus', { app, user: ['alice', 'bob'] });
  expect(users.map(({ userId }) => userId)).toEqual(['alice', 'bob']);
  expect(requestOf('listChannelMessages', { app: 'a', channel: 'a/b?', count: 5 })).toEqual({
    method: 'GET',
    path: '/v1/apps/a/channels/a%2Fb%3F/messages?count=5',
    body: undefined,
  });
});

test('SHAPE4: a stream is opened up to its head', async () => {
  const response = await house.open('getSnapshot', { app });
  const lines = (await response.text()).trim().split('\n');
  expect(lines.length).toBe(4);
});

test('SHAPE4: every failure is an ApiError with a stable code', async () => {
  const code = (asked: Promise<unknown>) => asked.catch((error: unknown) => (error as ApiError).code);
  expect(await code(house.call('getRoster', { app, channel: 'nobody' }))).toBe('not_found');
  const stranger = new Housecount({
    url: '',
    fetch: (path, init) => world.ask(path, { ...init, anonymous: true }),
  });
  expect(await code(stranger.call('listApps', {}))).toBe('unauthorized');
  const lost = new Housecount({ url: '', fetch: () => Promise.reject(new TypeError('no route')) });
  expect(await code(lost.call('listApps', {}))).toBe('unreachable');
  const foreign = new Housecount({ url: '', fetch: async () => new Response('<html>', { status: 502 }) });
  expect(await code(foreign.call('listApps', {}))).toBe('http_502');
  for (const body of ['<html>', '{"apps": [', '']) {
    const odd = new Housecount({ url: '', fetch: async () => new Response(body) });
    const error = await odd.call('listApps', {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 200, code: 'http_200', cause: expect.any(SyntaxError) });
  }
});

test('SHAPE4: an answer that breaks off is unreachable, and one that is given up is the abort', async () => {
  const abort = new AbortController();
  const broken = new Housecount({
    url: '',
    fetch: async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new TextEncoder().encode('{"apps": ['));
            controller.error(new TypeError('reset'));
          },
        }),
      ),
  });
  const failure = (options: object) => broken.call('listApps', {}, options).catch((error: unknown) => error);
  const lost = await failure({});
  expect(lost).toBeInstanceOf(ApiError);
  expect(lost).toMatchObject({ status: 0, code: 'unreachable' });
  abort.abort();
  expect(await failure({ signal: abort.signal })).toMatchObject({ message: 'reset' });
});

test('SHAPE4: a stream is no call, for the compiler', () => {
  const calls = (house: Housecount) => [
    // @ts-expect-error It would wait for the end of what has none.
    house.call('followNotices', { app }),
    // @ts-expect-error Likewise.
    house.call('followAttempts', { app }),
    // @ts-expect-error Its lines are no single JSON value.
    house.call('getSnapshot', { app }),
    house.open('getSnapshot', { app }),
  ];
  expect(calls).toBeFunction();
});

test('SHAPE4: the same key does a request once', async () => {
  const publish = (text: string) =>
    house.open(
      'publishToChannel',
      { app, channel: 'lobby', body: { publisher: 'ann', content: { text } } },
      { idempotencyKey: 'one' },
    );
  await publish('hello');
  expect((await publish('hello')).headers.get('idempotency-replayed')).toBe('true');
  const again = await publish('other').catch((error: unknown) => error);
  expect(again).toBeInstanceOf(ApiError);
  expect(again).toMatchObject({ code: 'idempotency_key_used' });
});
