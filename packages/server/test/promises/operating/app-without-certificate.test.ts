import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Client, type ClientOptions } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { startServerProcess, testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const app = { id: testApp.id };
let server: TestServer;
let open: TestServer;
beforeAll(async () => {
  server = await startTestServer({ apps: [app] });
  open = await startTestServer({
    apps: [{ ...app, openTo: 'everybody' }],
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
});
afterAll(() => Promise.all([server?.close(), open?.close()]));

let users = 0;
const without = (headers: Record<string, string> = {}, at = server): ClientOptions => ({
  url: at.url,
  channel: 'show',
  uid: ++users,
  role: 'broadcaster',
  headers,
  hello: { token: undefined },
});
/** The outcome of a hello without a token: `welcome`, or the code of the refusal. */
async function outcome(options: ClientOptions): Promise<string | undefined> {
  const client = Client.open(options);
  await client.until('a welcome or the end', () => client.welcome !== undefined || client.closed);
  client.drop();
  return client.welcome ? 'welcome' : client.all('closing')[0]?.code;
}

/** Requests that are not of this machine, though they come from loopback. */
const fromElsewhere: Readonly<Record<string, Record<string, string>>> = {
  'through a proxy': { 'x-forwarded-for': '203.0.113.9' },
  'through a proxy that writes Forwarded': { forwarded: 'for=203.0.113.9' },
  'through a proxy that tells the address alone': { 'x-real-ip': '203.0.113.9' },
  'by a page of the internet': { origin: 'https://evil.test' },
  'by a page that begins like this machine': { origin: 'http://localhost.evil.test' },
  'by a page without origin': { origin: 'null' },
  'by a name rebound to this machine': { host: 'evil.test' },
};
const offer = (headers: Record<string, string>, at = server) =>
  fetch(`${at.url}/v1/whip/${app.id}/show?uid=7`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...headers },
    body: 'v=0',
  });

describe('an app without certificate', () => {
  test('ACCESS4: clients on this machine join, publish, renew and log in without a token; one that they send is not looked at', async () => {
    expect(await outcome(without())).toBe('welcome');
    expect(await outcome(without({ origin: 'http://localhost:3000' }))).toBe('welcome');
    const client = await Client.join({ ...without(), hello: { token: 'anything' } });
    client.send({ type: 'renew-token', id: 1, token: 'anything else' });
    await client.until('an answer', () => client.all('ok').length + client.all('error').length > 0);
    expect(client.all('ok')).toHaveLength(1);
    client.drop();
    const user = await SignalingClient.login(server.url, 'ann', { token: undefined } as object);
    expect(user.welcome).toBeDefined();
    user.drop();
    const answer = await offer({});
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, 'sdp_invalid']);
  });

  for (const [name, headers] of Object.entries(fromElsewhere))
    test(`ACCESS4: ${name}: refused, on every surface`, async () => {
      expect(await outcome(without(headers))).toBe('token_required');
      expect((await offer(headers)).status).toBe(401);
      const user = SignalingClient.open(server.url, 'bob', { token: undefined }, headers);
      await user.until('the end', () => user.closed);
      expect(user.all('closing')[0]?.code).toBe('token_required');
    });

  test('ACCESS5: where everybody is meant, everybody joins, behind a proxy too', async () => {
    for (const headers of [{}, ...Object.values(fromElsewhere)])
      expect(await outcome(without(headers, open))).toBe('welcome');
    expect((await offer({ 'x-forwarded-for': '203.0.113.9' }, open)).status).toBe(422);
  });

  test('ACCESS6: the log says so at the start, with the app', async () => {
    const process = await startServerProcess({ apps: [app] });
    try {
      expect(process.stderr()).toMatch(/AN APP HAS NO CERTIFICATE.*"app":"0123456789abcdef0123456789abcdef"/);
    } finally {
      await process.close();
    }
  }, 120_000);

  test('ACCESS6: REST tells that it has none, and whom it admits', async () => {
    expect((await ask(server.url, '/v1/apps')).body.apps).toEqual([{ id: app.id, openTo: 'thisMachine' }]);
    expect((await ask(open.url, '/v1/apps')).body.apps).toEqual([{ id: app.id, openTo: 'everybody' }]);
  });
});
