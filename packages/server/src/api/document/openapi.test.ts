import { afterAll, beforeAll, expect, test } from 'bun:test';
import { codes } from '@housecount/protocol';
import type { JsonSchema } from '@housecount/schema';
import { judgeOf } from '../../../testing/json-schema-judge.ts';
import { type ApiWorld, type Body, openApiWorld } from '../../../testing/worlds/api-world.ts';
import { liveKey } from '../../channel/channel.ts';
import type { Operation } from '../request/operation.ts';
import { apiOperations, apiRoutes } from '../routes.ts';
import { openApiDocument } from './openapi.ts';

let world: ApiWorld;
let document: Body;
let operations: readonly Operation[];
let judge: (schema: JsonSchema) => (value: unknown) => boolean;
beforeAll(async () => {
  world = await openApiWorld({ development: true });
  document = (await world.json('/v1/openapi.json', { anonymous: true })).body;
  operations = apiOperations(world.deps);
  judge = judgeOf(document.components.schemas);
});
afterAll(() => world.close());

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const documented = () =>
  Object.entries<Body>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );

test('REST27: every route is in the document, and every path of the document is a route', () => {
  const routes = apiRoutes(world.deps).map(({ method, path }) => `${method} ${path}`);
  expect(documented().sort()).toEqual([...routes].sort());
  expect(new Set(routes).size).toBe(routes.length);
});

test('REST27: it is OpenAPI 3.1 as far as its rules can be checked here', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  const ids: string[] = [];
  for (const [path, item] of Object.entries<Body>(document.paths)) {
    expect(path.startsWith('/')).toBe(true);
    for (const [method, operation] of Object.entries<Body>(item)) {
      expect(methods).toContain(method);
      ids.push(operation.operationId);
      const parameters: Body[] = operation.parameters ?? [];
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      for (const parameter of parameters) {
        expect(parameter.schema).toBeDefined();
        expect(parameter.description.length).toBeGreaterThan(0);
        if (parameter.in === 'path') expect(parameter.required).toBe(true);
      }
      expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length);
      for (const [status, response] of Object.entries<Body>(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(response.description.length).toBeGreaterThan(0);
      }
      expect(operation.responses['200'].content).toBeDefined();
    }
  }
  expect(new Set(ids).size).toBe(ids.length);
});

test('REST27: every reference leads somewhere, and no shape is left over', () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test('REST27: what needs a login says so, and answers 401 without one', async () => {
  for (const operation of operations) {
    const described = document.paths[operation.path][operation.method.toLowerCase()];
    const isOpen = described.security?.length === 0;
    const path = operation.path.replace('{app}', 'a'.repeat(32)).replace(/\{\w+\}/g, 'x');
    const { status } = await world.ask(path, {
      method: operation.method,
      anonymous: true,
      address: '192.168.1.9',
    });
    expect(`${operation.id} ${status === 401}`).toBe(`${operation.id} ${!isOpen}`);
    expect(Object.hasOwn(described.responses, '401')).toBe(!isOpen);
  }
});

test('REST27: answers have the shape that is described', async () => {
  await world.join('x', 1, { role: 'broadcaster' });
  await world.join('x', 2, { identity: { account: 'alice' } });
  await world.log.submit(liveKey('a'.repeat(32), 'x'), {
    type: 'set-role',
    connectionId: 'x-1',
    role: 'audience',
  });
  await world.leave('x', 1);
  await world.join('x', 3);
  const app = `/v1/apps/${'a'.repeat(32)}`;
  const post = async (path: string, send: object) =>
    expect([path, (await world.json(`${app}${path}`, { method: 'POST', send })).status]).toEqual([path, 200]);
  await post('/rules', { userId: 'dan', channel: 'y', privileges: ['publish_message'], seconds: 60 });
  const change = { author: 'eve', mode: 'set', items: [{ key: 'k', value: 'v' }], addUserId: true };
  for (const place of ['/channels/x', '/users/alice']) await post(`${place}/metadata`, change);
  const dev = `/dev/v1/channel`;
  for (const [path, template] of [
    ['/v1/session', '/v1/session'],
    ['/v1/apps', '/v1/apps'],
    [`${app}/channels`, '/v1/apps/{app}/channels'],
    [`${app}/channels/x/roster?limit=1`, '/v1/apps/{app}/channels/{channel}/roster'],
    [`${app}/channels/x/events`, '/v1/apps/{app}/channels/{channel}/events'],
    [`${app}/channels/x/sids`, '/v1/apps/{app}/channels/{channel}/sids'],
    [`${app}/events`, '/v1/apps/{app}/events'],
    [`${app}/endpoints`, '/v1/apps/{app}/endpoints'],
    ['/v1/demo/token?channel=x', '/v1/demo/token'],
    [`${app}/channels/x/users?with=states`, '/v1/apps/{app}/channels/{channel}/users'],
    [`${app}/users/alice/channels`, '/v1/apps/{app}/users/{user}/channels'],
    [`${app}/users?user=alice&user=bob`, '/v1/apps/{app}/users'],
    [`${app}/channels/x/metadata`, '/v1/apps/{app}/channels/{channel}/metadata'],
    [`${app}/users/alice/metadata`, '/v1/apps/{app}/users/{user}/metadata'],
    [`${app}/channels/x/locks`, '/v1/apps/{app}/channels/{channel}/locks'],
    [`${app}/rules`, '/v1/apps/{app}/rules'],
    [`${app}/channels/x/subscribers`, '/v1/apps/{app}/channels/{channel}/subscribers'],
    [`${dev}/${'a'.repeat(32)}`, '/dev/v1/channel/{appid}'],
    [`${dev}/user/${'a'.repeat(32)}/x`, '/dev/v1/channel/user/{appid}/{channelName}'],
    [
      `${dev}/user/property/${'a'.repeat(32)}/1/x`,
      '/dev/v1/channel/user/property/{appid}/{uid}/{channelName}',
    ],
    ['/v2/ncs/ip', '/v2/ncs/ip'],
    ['/dev/v1/projects', '/dev/v1/projects'],
  ] as const) {
    const { status, body } = await world.json(path);
    expect(status).toBe(200);
    const { schema } = document.paths[template].get.responses['200'].content['application/json'];
    expect([path, body, judge(schema)(body)]).toEqual([path, body, true]);
  }
  const { body } = await world.json(`${app}/channels/none/roster`);
  const isRefusal = judge(document.components.schemas.Refusal);
  expect([body, isRefusal(body)]).toEqual([body, true]);
  expect(isRefusal({ code: 'nonsense', message: '', requestId: '' })).toBe(false);
  expect(document.components.schemas.Refusal.properties.code.enum).toEqual(Object.keys(codes));
});

test('REST81: the document promises no more hours for an idempotency key than it is kept', () => {
  const promised = (hours: number) => {
    const limits = { idempotencyMs: hours * 3_600_000, idempotencyKeysMax: 7 };
    return /for ([\d.]+) hours, and the newest 7 keys/.exec(
      JSON.stringify(openApiDocument(operations, limits)),
    )?.[1];
  };
  expect([72, 1_248, 99.999, 0.5, 1.1].map(promised)).toEqual(['72', '1248', '99.99', '0.5', '1.1']);
});
