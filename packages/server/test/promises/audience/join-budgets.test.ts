import { afterAll, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer | undefined;
afterAll(() => server?.close());

test('SHARE1: one address behind a proxy has its budget of joins, as the settings say, and the next one its own', async () => {
  server = await startTestServer({
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
    limits: { joinsPerAddress: 1 },
  });
  const { url } = server;
  const from = (address: string, uid: number) =>
    Client.open({ url, channel: 'stage', uid, headers: { 'x-forwarded-for': address } });
  // 250 may come at once, and one more each second.
  const clients = Array.from({ length: 400 }, (_, index) => from('203.0.113.7', 1 + index));
  const ends = clients.map((client) => client.until('an answer', () => client.welcome ?? client.closed));
  const refused = (await Promise.all(ends)).filter((end) => 'code' in end);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThanOrEqual(150);
  expect(new Set(refused.map((end) => 'code' in end && end.code))).toEqual(new Set([4401]));
  const other = from('203.0.113.8', 1_000);
  await other.until('a welcome', () => other.welcome);
  for (const client of [...clients, other]) client.drop();
});
