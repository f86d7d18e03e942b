import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  type ApiWorld,
  type Body,
  openApiWorld,
  testApp,
  testCustomer,
} from '../../testing/worlds/api-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());
const appid = testApp.id;
const unknownApp = 'c'.repeat(32);

describe('shapes', () => {
  test('REST16: channel list: pages from 0, ordered by name, an empty page beyond the last', async () => {
    for (const channel of ['c', 'a', 'b']) await world.join(channel, 1);
    await world.join('a', 2);
    const list = async (query: string) => (await world.json(`/dev/v1/channel/${appid}${query}`)).body;
    expect(await list('?page_no=0&page_size=2')).toEqual({
      success: true,
      data: {
        channels: [
          { channel_name: 'a', user_count: 2 },
          { channel_name: 'b', user_count: 1 },
        ],
        total_size: 3,
      },
    });
    expect((await list('?page_no=1&page_size=2')).data.channels).toEqual([
      { channel_name: 'c', user_count: 1 },
    ]);
    expect((await list('?page_no=9')).data).toEqual({ channels: [], total_size: 3 });
    for (const bad of ['?page_size=0', '?page_size=501', '?page_no=-1', '?page_no=x'])
      expect((await world.ask(`/dev/v1/channel/${appid}${bad}`)).status).toBe(400);
  });

  test('REST17: user list of a live channel, with and without its audience', async () => {
    await world.join('x', 5, { role: 'broadcaster' });
    for (const uid of [9, 3]) await world.join('x', uid);
    const path = `/dev/v1/channel/user/${appid}/x`;
    const hosts = { channel_exist: true, mode: 2, broadcasters: [5] };
    expect((await world.json(path)).body).toEqual({
      success: true,
      data: { ...hosts, audience: [9, 3], audience_total: 2 },
    });
    for (const only of ['?hosts_only', '?hosts_only=0', '/hosts_only'])
      expect((await world.json(path + only)).body.data).toEqual(hosts);
  });

  test('REST17: user list of a communication channel', async () => {
    await world.join('x', 5, { role: 'broadcaster', profile: 'communication' });
    const path = `/dev/v1/channel/user/${appid}/x`;
    expect((await world.json(path)).body.data).toEqual({
      channel_exist: true,
      mode: 1,
      total: 1,
      users: [5],
    });
    expect((await world.json(`${path}/hosts_only`)).body.data).toEqual({ channel_exist: true, mode: 1 });
  });

  test('REST17: the audience is cut at its limit, its total is not', async () => {
    await world.close();
    world = await openApiWorld();
    const joins: Promise<void>[] = [];
    for (let uid = 1; uid <= fixed.agoraAudienceMax + 5; uid++) joins.push(world.join('x', uid));
    await Promise.all(joins);
    const { data } = (await world.json(`/dev/v1/channel/user/${appid}/x`)).body;
    expect(data.audience).toHaveLength(fixed.agoraAudienceMax);
    expect(data.audience[0]).toBe(1);
    expect(data.audience_total).toBe(fixed.agoraAudienceMax + 5);
  });

  test('REST18: what is not there is an answer with nothing but the flag', async () => {
    await world.join('x', 1);
    const data = async (path: string) => (await world.json(path)).body;
    const absent = { success: true, data: { channel_exist: false } };
    expect(await data(`/dev/v1/channel/user/${appid}/none`)).toEqual(absent);
    expect(await data(`/dev/v1/channel/user/${appid}/none/hosts_only`)).toEqual(absent);
    const out = { success: true, data: { in_channel: false } };
    expect(await data(`/dev/v1/channel/user/property/${appid}/2/x`)).toEqual(out);
    expect(await data(`/dev/v1/channel/user/property/${appid}/1/none`)).toEqual(out);
  });

  test('REST18: a channel may be named like a part of a path', async () => {
    for (const channel of ['hosts_only', 'property', 'a b#%?']) await world.join(channel, 1);
    for (const name of ['hosts_only', 'property', 'a%20b%23%25%3F'])
      expect((await world.json(`/dev/v1/channel/user/${appid}/${name}`)).body.data.audience_total).toBe(1);
    expect(
      (await world.json(`/dev/v1/channel/user/${appid}/hosts_only/hosts_only`)).body.data.broadcasters,
    ).toEqual([]);
  });

  test('REST19: user status: roles of its own, join in seconds', async () => {
    await world.join('live', 1, { platform: 2 });
    await world.join('live', 2, { role: 'broadcaster' });
    await world.join('talk', 3, { role: 'broadcaster', profile: 'communication' });
    const data = async (uid: number, channel: string) =>
      (await world.json(`/dev/v1/channel/user/property/${appid}/${uid}/${channel}`)).body.data;
    const join = Math.floor((world.log.channel(liveKey(appid, 'live'))?.roster.get(1)?.joinedMs ?? 0) / 1000);
    expect(await data(1, 'live')).toEqual({ in_channel: true, uid: 1, join, role: 3, platform: 2 });
    expect(await data(2, 'live')).toMatchObject({ role: 2 });
    expect(await data(3, 'talk')).toMatchObject({ role: 1 });
    for (const uid of ['alice', '-1', '4294967296', '1.5'])
      expect((await world.ask(`/dev/v1/channel/user/property/${appid}/${uid}/live`)).status).toBe(400);
  });

  test('REST20: notice addresses under both versions, and projects', async () => {
    const addresses = { data: { service: { hosts: [{ primaryIP: '192.0.2.1' }] } } };
    expect((await world.json('/v1/ncs/ip')).body).toEqual(addresses);
    expect((await world.json('/v2/ncs/ip')).body).toEqual(addresses);
    const { projects } = (await world.json('/dev/v1/projects')).body;
    expect(projects).toMatchObject([{ vendor_key: appid }]);
    expect(JSON.stringify(projects)).not.toContain(testApp.certificate);
  });

  test('REST21: refusals are {message}, with both trace headers; malformed ids are 400, those of others 401', async () => {
    const malformed = await world.ask('/dev/v1/channel/nonsense');
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({ message: 'invalid appid' });
    for (const header of ['x-request-id', 'x-resource-id'])
      expect(malformed.headers.get(header)).toMatch(/^\w{16}$/);
    const foreign = await world.ask(`/dev/v1/channel/${unknownApp}`);
    expect(foreign.status).toBe(401);
    expect(typeof ((await foreign.json()) as Body).message).toBe('string');
    const fine = await world.ask('/dev/v1/projects');
    expect(fine.headers.get('x-resource-id')).toMatch(/^\w{16}$/);
    expect((await world.ask('/dev/v1/channel/user/nonsense')).status).toBe(404);
    const other = await world.ask('/dev/v1/projects', { method: 'DELETE' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const broken = await world.ask(`/dev/v1/channel/user/${appid}/%zz`);
    expect(broken.status).toBe(400);
    for (const refused of [other, broken]) {
      expect(refused.headers.get('x-resource-id')).toMatch(/^\w{16}$/);
      expect(Object.keys((await refused.json()) as Body).sort()).toEqual(['code', 'message']);
    }
  });
});

describe('kicking rules', () => {
  const path = '/dev/v1/kicking-rule';
  const post = (fields: object) => {
    // The test makes one rule a millisecond, because they are listed in the order they were made.
    world.advance(1);
    return world.json(path, { method: 'POST', send: { appid, privileges: ['join_channel'], ...fields } });
  };
  const list = async () => (await world.json(`${path}?appid=${appid}`)).body.rules as Body[];

  test('REST22: a rule keeps out, is listed, can be moved and ended', async () => {
    await world.join('x', 1);
    await world.join('x', 2);
    const created = await post({ cname: 'x', uid: 1, ip: '', time: 10 });
    expect(created).toEqual({ status: 200, body: { status: 'success', id: expect.any(Number) } });
    expect(world.log.channel(liveKey(appid, 'x'))?.roster.get(1)).toBeUndefined();
    expect(world.log.channel(liveKey(appid, 'x'))?.roster.get(2)).toBeDefined();
    expect(world.join('x', 1)).rejects.toThrow('banned');
    const { id } = created.body;
    const [rule] = await list();
    expect(rule).toEqual({
      id,
      appid,
      uid: 1,
      opid: id,
      cname: 'x',
      ip: '',
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      privileges: ['join_channel'],
      createAt: expect.any(String),
      updateAt: expect.any(String),
    });
    expect(Date.parse(rule.ts) - Date.parse(rule.createAt)).toBe(600_000);
    world.advance(60_000);
    const moved = await world.json(path, { method: 'PUT', send: { appid, id, time: 20 } });
    expect(moved.body).toMatchObject({ status: 'success', result: { id } });
    expect(Date.parse(moved.body.result.ts) - Date.parse(rule.ts)).toBeGreaterThanOrEqual(660_000);
    expect(await world.json(path, { method: 'DELETE', send: { appid, id } })).toEqual({
      status: 200,
      body: { status: 'success', id },
    });
    expect(await list()).toEqual([]);
    await world.join('x', 1);
    for (const method of ['PUT', 'DELETE']) {
      const gone = await world.json(path, { method, send: { appid, id, time: 1 } });
      expect(gone).toMatchObject({ status: 404, body: { message: 'rule not found' } });
    }
  });

  test('REST22: scope: user, channel, address, and rules that only forbid to publish', async () => {
    for (const uid of [1, 2]) for (const channel of ['x', 'y']) await world.join(channel, uid);
    const present = () =>
      ['x', 'y'].map((name) => [...(world.log.channel(liveKey(appid, name))?.roster ?? [])].length);
    await post({ uid: 1, privileges: ['publish_audio'] });
    expect(present()).toEqual([2, 2]);
    await post({ uid: 1 });
    expect(present()).toEqual([1, 1]);
    await post({ cname: 'y' });
    expect(present()).toEqual([1, 0]);
    await post({ ip: '198.51.100.1' });
    expect(present()).toEqual([0, 0]);
    expect((await list()).map(({ uid, cname, ip }) => [uid, cname, ip])).toEqual([
      [1, '', ''],
      [1, '', ''],
      [null, 'y', ''],
      [null, '', '198.51.100.1'],
    ]);
  });

  test('REST23: time 0 puts offline once and leaves no rule', async () => {
    await world.join('x', 1);
    expect(await post({ cname: 'x', uid: 1, time: 0 })).toMatchObject({
      status: 200,
      body: { status: 'success' },
    });
    expect(world.log.channel(liveKey(appid, 'x'))).toBeUndefined();
    expect(await list()).toEqual([]);
    await world.join('x', 1);
  });

  const durations: readonly [object, number][] = [
    [{}, 3_600],
    [{ time: 10 }, 600],
    [{ time: 0.1 }, 60],
    [{ time: 1.5 }, 90],
    [{ time: 100_000 }, 86_400],
    [{ time_in_seconds: 30 }, 30],
    [{ time_in_seconds: 0.5 }, 10],
    [{ time_in_seconds: 9 }, 10],
    [{ time_in_seconds: 90_000 }, 86_430],
    [{ time: 60, time_in_seconds: 45 }, 45],
  ];
  for (const [fields, seconds] of durations)
    test(`REST24: ${JSON.stringify(fields)} lasts ${seconds} s`, async () => {
      await post({ uid: 1, ...fields });
      const [rule] = await list();
      expect((Date.parse(rule.ts) - Date.parse(rule.createAt)) / 1000).toBe(seconds);
    });

  test('REST24: seconds win over minutes also when they are 0', async () => {
    await post({ uid: 1, time: 60, time_in_seconds: 0 });
    expect(await list()).toEqual([]);
  });

  test('REST22: a rule that has ended is not listed', async () => {
    await post({ uid: 1, time_in_seconds: 10 });
    world.advance(9_000);
    expect(await list()).toHaveLength(1);
    world.advance(2_000);
    expect(await list()).toEqual([]);
  });

  const bad: readonly [string, object][] = [
    ['no scope', {}],
    ['an empty scope', { cname: '', ip: '' }],
    ['uid 0', { uid: 0 }],
    ['uid as text', { uid: '1' }],
    ['uid null beside a channel', { cname: 'x', uid: null }],
    ['uid too large', { uid: 4_294_967_296 }],
    ['a broken uid', { uid: 1.5 }],
    ['ip "0"', { ip: '0' }],
    ['an ip that is none', { ip: '1.2.3' }],
    ['an ip that is a number', { ip: 1 }],
    ['a channel name too long', { cname: 'x'.repeat(65) }],
    ['a channel that is a number', { cname: 1 }],
    ['a negative time', { uid: 1, time: -1 }],
    ['time as text', { uid: 1, time: '10' }],
    ['time null', { uid: 1, time: null }],
    ['negative seconds', { uid: 1, time_in_seconds: -1 }],
    ['no privileges', { uid: 1, privileges: [] }],
    ['privileges as text', { uid: 1, privileges: 'join_channel' }],
    ['an unknown privilege', { uid: 1, privileges: ['join_channel', 'fly'] }],
  ];
  for (const [name, fields] of bad)
    test(`REST25: ${name}: 400, and nobody is touched`, async () => {
      await world.join('x', 1);
      const { status, body } = await post(fields);
      expect(status).toBe(400);
      expect(typeof body.message).toBe('string');
      expect(await list()).toEqual([]);
      expect(world.log.channel(liveKey(appid, 'x'))?.roster.size).toBe(1);
    });

  test('REST25: bodies that are none: 400; of another type: 415; too large: 413', async () => {
    const status = async (init: RequestInit) => (await world.ask(path, { method: 'POST', ...init })).status;
    const type = { 'content-type': 'application/json' };
    expect(await status({})).toBe(400);
    expect(await status({ body: '[]', headers: type })).toBe(400);
    expect(await status({ body: '{"appid":', headers: type })).toBe(400);
    expect(await status({ body: 'null', headers: type })).toBe(400);
    expect(await status({ body: '{}', headers: { 'content-type': 'text/plain' } })).toBe(415);
    expect(await status({ body: ' '.repeat(limits.bodyBytesMax + 1), headers: type })).toBe(413);
    const charset = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect(
      await status({
        body: JSON.stringify({ appid, uid: 1, privileges: ['join_channel'] }),
        headers: charset,
      }),
    ).toBe(200);
  });

  test('REST25: a rule of no app, of another app, without id, or made to last 0', async () => {
    expect((await post({ appid: undefined, uid: 1 })).status).toBe(400);
    expect((await post({ appid: 'x', uid: 1 })).body.message).toBe('invalid appid');
    expect((await post({ appid: unknownApp, uid: 1 })).status).toBe(401);
    expect((await world.ask(path)).status).toBe(400);
    for (const send of [{ appid }, { appid, id: '1' }, { appid, id: 1, time: 0 }])
      expect((await world.ask(path, { method: 'PUT', send })).status).toBe(400);
    expect((await world.ask(path, { method: 'DELETE', send: { appid } })).status).toBe(400);
  });
});

describe('rates', () => {
  test('REST26: 20 queries and 10 others a second, each API by itself, then 429', async () => {
    const statuses = async (path: string, n: number) =>
      (await Promise.all(Array.from({ length: n }, () => world.ask(path)))).map(({ status }) => status);
    const allowed = (all: number[]) => all.filter((status) => status === 200).length;
    const query = `/dev/v1/channel/${appid}`;
    /** Asks all at once until one is refused: on a slow machine an allowance comes back meanwhile. */
    const untilRefused = async (path: string, n: number) => {
      const all: number[] = [];
      while (!all.includes(429) && all.length < 50 * n) all.push(...(await statuses(path, n)));
      expect(all).toContain(429);
      return allowed(all);
    };
    expect(await untilRefused(query, 60)).toBeGreaterThanOrEqual(20);
    expect(allowed(await statuses(`/dev/v1/channel/user/${appid}/x`, 5))).toBe(5);
    expect(await untilRefused('/dev/v1/projects', 40)).toBeGreaterThanOrEqual(10);
    let refused = await world.ask(query);
    for (let n = 0; n < 60 && refused.status === 200; n++) refused = await world.ask(query);
    expect(refused.headers.get('retry-after')).toBe('1');
    world.advance(1_000);
    expect((await statuses(query, 20)).every((status) => status === 200)).toBe(true);
  });

  test('REST26: customers do not share an allowance', async () => {
    await world.close();
    world = await openApiWorld({
      customers: [
        { ...testCustomer, id: 'one', secret: 's' },
        { ...testCustomer, id: 'two', secret: 's' },
      ],
    });
    const status = async (customer: string) => {
      const authorization = `Basic ${Buffer.from(`${customer}:s`).toString('base64')}`;
      return (await world.ask('/dev/v1/projects', { headers: { authorization } })).status;
    };
    let last = 200;
    for (let n = 0; n < 40 && last === 200; n++) last = await status('one');
    expect(last).toBe(429);
    expect(await status('two')).toBe(200);
  });
});
