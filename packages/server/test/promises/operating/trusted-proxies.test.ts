import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.0/8'] },
  });
});
afterAll(() => server.close());

let users = 0;
const enter = (address: string, channel: string) => ({
  url: server.url,
  channel,
  uid: ++users,
  role: 'audience' as const,
  headers: { 'x-forwarded-for': address },
});
const rule = (cname: string, ip: string) =>
  ask(server.url, '/dev/v1/kicking-rule', {
    send: { appid: testApp.id, cname, ip, time: 5, privileges: ['join_channel'] },
  });

test('PROXY1: a rule about an address meets the client behind the proxy, not the proxy', async () => {
  const [one, two] = await Promise.all([
    Client.join(enter('198.51.100.1', 'rules')),
    Client.join(enter('198.51.100.2', 'rules')),
  ]);
  expect((await rule('rules', '198.51.100.2')).status).toBe(200);
  await two.until('the end', () => two.closed);
  expect(two.all('closing')[0]).toMatchObject({ code: 'kicked', scope: 'ip' });
  expect((await rule('rules', '127.0.0.1')).status).toBe(200);
  const three = await Client.join(enter('203.0.113.3', 'rules'));
  expect([one.closed, three.closed]).toEqual([undefined, undefined]);
  const back = Client.open(enter('198.51.100.2', 'rules'));
  await back.until('the end', () => back.closed);
  expect(back.all('closing')[0]).toMatchObject({ code: 'banned', scope: 'ip' });
  for (const client of [one, three]) client.drop();
});

test('PROXY5: a rule meets an address however it is written', async () => {
  const of = { six: enter('2001:db8:0:0::7', 'forms'), four: enter('::ffff:198.51.100.9', 'forms') };
  const [six, four] = await Promise.all([Client.join(of.six), Client.join(of.four)]);
  await rule('forms', '2001:0DB8:0000::0007');
  await rule('forms', '::FFFF:c633:6409');
  for (const client of [six, four]) {
    await client.until('the end', () => client.closed);
    expect(client.all('closing')[0]).toMatchObject({ code: 'kicked' });
  }
  for (const options of [enter('2001:db8::7', 'forms'), enter('198.51.100.9', 'forms')]) {
    const client = Client.open(options);
    await client.until('the end', () => client.closed);
    expect(client.all('closing')[0]).toMatchObject({ code: 'banned' });
  }
  const { body } = await ask(server.url, `/dev/v1/kicking-rule?appid=${testApp.id}`);
  const shown = body.rules.filter(({ cname }: { cname: string }) => cname === 'forms');
  expect(shown.map(({ ip }: { ip: string }) => ip).sort()).toEqual(['198.51.100.9', '2001:db8::7']);
});

test('REST165: when a rule about an address is answered, everybody behind it is out of every channel, and nobody else', async () => {
  const [lobby, hall, other] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => Client.join(enter('198.51.100.30', 'nat lobby')))),
    Promise.all(Array.from({ length: 20 }, () => Client.join(enter('198.51.100.30', 'nat hall')))),
    Client.join(enter('198.51.100.31', 'nat lobby')),
  ]);
  const made = await ask(server.url, `/v1/apps/${testApp.id}/rules`, {
    send: { ip: '198.51.100.30', privileges: ['join_channel'], seconds: 60 },
  });
  expect(made.status).toBe(200);
  const uidsIn = async (channel: string) => {
    const path = `/v1/apps/${testApp.id}/channels/${encodeURIComponent(channel)}/roster`;
    const { members = [] } = (await ask(server.url, path)).body;
    return members.map(({ uid }: { uid: number }) => uid);
  };
  expect([await uidsIn('nat lobby'), await uidsIn('nat hall')]).toEqual([[other.welcome.uid], []]);
  for (const client of [...lobby, ...hall]) {
    await client.until('the end', () => client.closed);
    expect(client.all('closing')[0]).toMatchObject({ code: 'kicked', scope: 'ip' });
  }
  expect(other.closed).toBeUndefined();
  other.drop();
});

/** POSTs without an offer, so that a good token is answered 422. */
const post = (address: string, token: string) =>
  fetch(`${server.url}/v1/whip/${testApp.id}/floods`, {
    method: 'POST',
    headers: {
      'content-type': 'application/sdp',
      authorization: `Bearer ${token}`,
      'x-forwarded-for': address,
    },
    body: 'no offer',
  }).then(({ status }) => status);

/** Asks again and again, many at once, until one is told that it is too much; the statuses of all. */
async function flood(ask: () => Promise<number>): Promise<number[]> {
  const statuses = new Set<number>();
  for (let round = 0; round < 100 && !statuses.has(429); round++)
    for (const status of await Promise.all(Array.from({ length: 100 }, ask))) statuses.add(status);
  return [...statuses].sort();
}

test('PROXY7: a stranger who floods with bad tokens is limited, and stops nobody who shares the address', async () => {
  let tries = 0;
  const bad = () => post('198.51.100.20', `bad-${tries++}`);
  expect(await flood(bad)).toEqual([401, 429]);
  expect(await post('198.51.100.20', tokenFor('floods', { uid: 20 }))).toBe(422);
  expect(await post('198.51.100.21', 'bad')).toBe(401);
});

test('PROXY7: who has a good token and asks without end is limited, and nobody else', async () => {
  const token = tokenFor('floods', { uid: 22 });
  expect(await flood(() => post('198.51.100.22', token))).toEqual([422, 429]);
  expect(await post('198.51.100.22', tokenFor('floods', { uid: 23 }))).toBe(422);
});
