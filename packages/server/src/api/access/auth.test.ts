import { afterEach, describe, expect, test } from 'bun:test';
import {
  type ApiWorld,
  type AskInit,
  openApiWorld,
  testApp,
  testCustomer,
  testLogin,
} from '../../../testing/worlds/api-world.ts';
import { decodeAccessToken } from '../../token/access-token.ts';

let world: ApiWorld | undefined;
const open = async (development: boolean): Promise<ApiWorld> => {
  world = await openApiWorld({ development });
  return world;
};
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('logins', () => {
  test('REST11: the customer id and secret, in any case of the scheme; a colon belongs to the secret', async () => {
    const { ask } = await open(false);
    for (const authorization of [
      testLogin,
      testLogin.replace('Basic', 'basic'),
      testLogin.replace('Basic', 'BASIC'),
    ])
      expect((await ask('/v1/apps', { headers: { authorization } })).status).toBe(200);
  });

  test('REST11: nothing else gets in', async () => {
    const { ask } = await open(false);
    const { id, secret } = testCustomer;
    for (const authorization of [
      basic(`${id}:`),
      basic(`${id}:${secret}x`),
      basic(`${id.toUpperCase()}:${secret}`),
      basic(id),
      basic(':'),
      'Basic',
      'Basic !!!',
      `Bearer ${testLogin.slice(6)}`,
      `${id}:${secret}`,
    ]) {
      const answer = await ask('/v1/apps', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toStartWith('Basic ');
    }
    expect((await ask('/v1/apps', { anonymous: true })).status).toBe(401);
    const words = async (init: AskInit) =>
      ((await (await ask('/v1/apps', init)).json()) as { message: string }).message;
    expect(await words({ anonymous: true })).toBe(
      'Log in with the id and secret of a customer (HTTP Basic).',
    );
    expect(await words({ headers: { authorization: basic(id) } })).toEndWith(
      'Those that were given do not match.',
    );
    expect((await ask('/dev/v1/projects', { anonymous: true })).status).toBe(401);
  });

  test('REST11: a page that asks by script gets no challenge: it has its own login', async () => {
    const { ask } = await open(false);
    const answer = await ask('/v1/apps', { anonymous: true, headers: { 'sec-fetch-dest': 'empty' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });
});

describe('development', () => {
  const rule = { appid: testApp.id, cname: 'x', privileges: ['join_channel'], time: 0 };
  const cases: readonly [string, number, string, AskInit][] = [
    ['from this machine', 200, '/v1/apps', {}],
    ['from this machine by IPv6', 200, '/v1/apps', { address: '::1', headers: { host: '[::1]:7080' } }],
    ['from this machine, mapped', 200, '/v1/apps', { address: '::ffff:127.0.0.1' }],
    ['as localhost', 200, '/v1/apps', { headers: { host: 'localhost:7080' } }],
    ['from the network', 401, '/v1/apps', { address: '192.168.1.9' }],
    [
      'from the network, claiming to be here',
      401,
      '/v1/apps',
      { address: '192.168.1.9', headers: { host: 'localhost' } },
    ],
    ['by a name rebound to this machine', 401, '/v1/apps', { headers: { host: 'evil.test:7080' } }],
    [
      'by a name that begins like this machine',
      401,
      '/v1/apps',
      { headers: { host: '127.0.0.1.evil.test' } },
    ],
    ['by a name that ends like this machine', 401, '/v1/apps', { headers: { host: 'evil-localhost' } }],
    ['through a proxy', 401, '/v1/apps', { headers: { 'x-forwarded-for': '203.0.113.9' } }],
    ['by a page of another site', 401, '/v1/apps', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['with a wrong login', 401, '/v1/apps', { headers: { authorization: basic('a:b') } }],
    ['changing, from a tool', 200, '/dev/v1/kicking-rule', { method: 'POST', send: rule }],
    [
      'changing, from our own page',
      200,
      '/dev/v1/kicking-rule',
      { method: 'POST', send: rule, headers: { origin: 'http://127.0.0.1:7080' } },
    ],
    [
      'changing, from another page',
      403,
      '/dev/v1/kicking-rule',
      { method: 'POST', send: rule, headers: { origin: 'http://evil.test' } },
    ],
    [
      'changing, from another port of this machine',
      403,
      '/dev/v1/kicking-rule',
      { method: 'POST', send: rule, headers: { origin: 'http://127.0.0.1:3000' } },
    ],
    [
      'changing, from a page without origin',
      403,
      '/dev/v1/kicking-rule',
      { method: 'POST', send: rule, headers: { origin: 'null' } },
    ],
  ];
  for (const [name, status, path, init] of cases)
    test(`REST12: without a login, ${name}: ${status}`, async () => {
      const { ask } = await open(true);
      expect((await ask(path, { anonymous: true, ...init })).status).toBe(status);
    });

  test('REST12: with a configuration there is no exception', async () => {
    const { ask } = await open(false);
    expect((await ask('/v1/apps', { anonymous: true })).status).toBe(401);
  });

  test('REST13: /v1/session says whether a login is needed, and never fails', async () => {
    const development = await open(true);
    const session = async (from: ApiWorld, init: AskInit) => (await from.json('/v1/session', init)).body;
    expect(await session(development, { anonymous: true })).toEqual({
      development: true,
      loginNeeded: false,
      role: 'admin',
      names: true,
    });
    expect(await session(development, { anonymous: true, address: '192.168.1.9' })).toMatchObject({
      loginNeeded: true,
    });
    await development.close();
    const configured = await open(false);
    expect(await session(configured, { anonymous: true })).toEqual({ development: false, loginNeeded: true });
    expect(await session(configured, {})).toEqual({
      development: false,
      loginNeeded: false,
      customer: 'tester',
      role: 'admin',
      names: true,
    });
  });

  test('REST14: certificates are shown in development only', async () => {
    const development = await open(true);
    expect((await development.json('/v1/apps')).body).toEqual({
      apps: [{ id: testApp.id, certificate: testApp.certificate }],
    });
    await development.close();
    expect((await (await open(false)).json('/v1/apps')).body).toEqual({ apps: [{ id: testApp.id }] });
  });

  test('REST15: demo tokens, also for a phone on the network, and only in development', async () => {
    const development = await open(true);
    const from = { anonymous: true, address: '192.168.1.9', headers: { host: '192.168.1.2:7080' } };
    const { status, body } = await development.json(
      '/v1/demo/token?channel=demo&uid=5&role=broadcaster',
      from,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ app: testApp.id, channel: 'demo', role: 'broadcaster' });
    expect(decodeAccessToken(body.token, 8192)).toMatchObject({ appId: testApp.id });
    const code = async (query: string) => (await development.json(`/v1/demo/token?${query}`, from)).body.code;
    expect(await code('uid=1')).toBe('invalid_channel_name');
    expect(await code('channel=x&uid=4294967296')).toBe('invalid_uid');
    expect(await code('channel=x&uid=1&account=a')).toBe('invalid_account');
    expect(await code('channel=x&role=host')).toBe('role_invalid');
    await development.close();
    expect((await (await open(false)).ask('/v1/demo/token?channel=demo')).status).toBe(404);
  });
});
