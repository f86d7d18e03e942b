import { afterEach, expect, test } from 'bun:test';
import {
  type ApiWorld,
  type AskInit,
  openApiWorld,
  testApp,
  testCustomer,
  testLogin,
} from '../../../testing/worlds/api-world.ts';
import { limits } from '../../limits.ts';
import { contains, type Network, parseNetwork } from '../../net/address/network.ts';
import { apiOperations } from '../routes.ts';
import { whyNotObserve } from './why-not-observe.ts';

let world: ApiWorld;
afterEach(() => world.close());

const rule = { appid: testApp.id, cname: 'x', privileges: ['join_channel'], time: 60 };
const change = (headers: Record<string, string>): AskInit => ({ method: 'POST', send: rule, headers });
const kicking = '/dev/v1/kicking-rule';

test('ACCESS1: with a login that the browser remembers, a page of another site changes nothing', async () => {
  world = await openApiWorld({ endpoint: true });
  const headers: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' },
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:7081' },
    { origin: 'http://127.0.0.1.evil.test:7080' },
  ];
  const before = world.log.lastPosition;
  for (const operation of apiOperations(world.deps)) {
    if (operation.method === 'GET') continue;
    const path = operation.path.replace(/\{app(id)?\}/, testApp.id).replace(/\{\w+\}/g, 'main');
    for (const from of headers) {
      const { status, body } = await world.json(path, {
        method: operation.method,
        // A form of another site sends no JSON; that is refused only after this.
        body: 'a=b',
        headers: { ...from, 'content-type': 'application/x-www-form-urlencoded' },
      });
      const got = [operation.id, status, body.code];
      expect([...got, JSON.stringify(from)]).toEqual([operation.id, 403, 'forbidden', JSON.stringify(from)]);
    }
  }
  expect(world.log.lastPosition).toBe(before);
});

test('ACCESS1: our own pages, and what is no browser, go on', async () => {
  world = await openApiWorld();
  for (const headers of [
    {},
    { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:7080' },
    // Behind a proxy that passes on another Host, the browser knows better.
    { 'sec-fetch-site': 'same-origin', origin: 'https://show.example.com' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://127.0.0.1:7080' },
  ] as Record<string, string>[])
    expect((await world.ask(kicking, change(headers))).status).toBe(200);
  // Reading is not changing: a link from elsewhere to a page of ours works.
  const link = { 'sec-fetch-site': 'cross-site' };
  expect((await world.ask('/v1/apps', { headers: link })).status).toBe(200);
});

const wrong = (n: number) => ({
  headers: { authorization: `Basic ${Buffer.from(`${testCustomer.id}:guess ${n}`).toString('base64')}` },
});

test('ACCESS2: wrong logins are braked by address, whatever resource they try, and told in metric and log', async () => {
  world = await openApiWorld();
  const from = (address: string) => ({ address });
  const guesses = async (count: number, address: string, path = '/v1/apps') => {
    const statuses: number[] = [];
    for (let n = 0; n < count; n++)
      statuses.push((await world.ask(path, { ...wrong(n), ...from(address) })).status);
    return statuses;
  };
  const { loginFailuresMax: max } = limits;
  expect(new Set(await guesses(max - 1, '192.0.2.7'))).toEqual(new Set([401]));
  // /v1/session says whether a login is right, so it is a place to guess at too.
  expect(await guesses(1, '192.0.2.7', '/v1/session')).toEqual([200]);
  expect(await guesses(3, '192.0.2.7')).toEqual([429, 429, 429]);
  expect(await guesses(1, '192.0.2.7', '/v1/session')).toEqual([429]);
  // The right one from there is not looked at either: else guessing would go on.
  const right = await world.ask('/v1/apps', from('192.0.2.7'));
  expect([right.status, right.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await world.ask('/v1/apps', from('192.0.2.8'))).status).toBe(200);
  expect((await world.ask('/v1/apps', { anonymous: true, ...from('192.0.2.7') })).status).toBe(401);
  world.advance(limits.loginFailureMs);
  expect((await world.ask('/v1/apps', from('192.0.2.7'))).status).toBe(200);

  expect(world.metricsText()).toContain(`housecount_logins_refused_total{why="wrong"} ${max}`);
  expect(world.metricsText()).toContain('housecount_logins_refused_total{why="braked"} 5');
  const lines = world.logged.filter((line) => line.includes('a login was refused'));
  expect(lines).toHaveLength(max);
  expect(lines.join()).toContain('192.0.2.7');
  for (const secret of ['guess', testCustomer.secret]) expect(lines.join()).not.toContain(secret);
});

test('ACCESS2: a login that was right from an address goes on there, and a /64 of IPv6 is one address', async () => {
  world = await openApiWorld();
  expect((await world.ask('/v1/apps', { address: '2001:db8::1' })).status).toBe(200);
  for (let n = 0; n < limits.loginFailuresMax; n++)
    await world.ask('/v1/apps', { ...wrong(n), address: `2001:db8::${n.toString(16)}` });
  const status = async (address: string, init: AskInit = {}) =>
    (await world.ask('/v1/apps', { ...init, address })).status;
  expect(await status('2001:db8::ffff', wrong(0))).toBe(429);
  expect(await status('2001:db8::ffff')).toBe(200);
  expect(await status('2001:db8:0:1::1', wrong(0))).toBe(401);
});

test('ACCESS3: numbers and reasons are for this machine, for named networks, and for a customer with every app', async () => {
  const tenant = { ...testCustomer, id: 'tenant', apps: [testApp.id] };
  world = await openApiWorld({ customers: [testCustomer, tenant] });
  const networks = [parseNetwork('10.9.0.0/16')].filter((one): one is Network => one !== undefined);
  expect(networks.some((network) => contains(network, Uint8Array.from([10, 9, 1, 1])))).toBe(true);
  const look = whyNotObserve(world.deps.authority, () => networks);
  const asks = (address: string, headers: Record<string, string> = {}, isProxied = false) => {
    const url = new URL('http://127.0.0.1:7080/metrics');
    const context = { params: {}, url, address, isProxied, origin: url.origin, requestId: '' };
    const request = new Request(url.href, { headers: { host: '127.0.0.1:7080', ...headers } });
    return look(request, { ...context, signal: new AbortController().signal });
  };
  expect(asks('127.0.0.1')).toBeUndefined();
  expect(asks('127.0.0.1', {}, true)).toBe('unauthorized');
  expect(asks('127.0.0.1', { 'x-forwarded-for': '203.0.113.1' })).toBe('unauthorized');
  expect(asks('127.0.0.1', { host: 'evil.test' })).toBe('unauthorized');
  expect(asks('10.9.3.4')).toBeUndefined();
  expect(asks('10.9.3.4', {}, true)).toBeUndefined();
  expect(asks('10.8.3.4')).toBe('unauthorized');
  expect(asks('203.0.113.1')).toBe('unauthorized');
  expect(asks('203.0.113.1', { authorization: testLogin })).toBeUndefined();
  const login = `Basic ${Buffer.from(`${tenant.id}:${tenant.secret}`).toString('base64')}`;
  expect(asks('203.0.113.1', { authorization: login })).toBe('forbidden');
});
