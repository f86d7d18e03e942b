import { afterAll, beforeAll, expect, test } from 'bun:test';
import { request } from 'node:http';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Sends the path as it is written: fetch would take dots out of it. The answer's status and code. */
function send(method: string, path: string, headers: Record<string, string>): Promise<[number, string]> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () =>
        resolve([response.statusCode ?? 0, (JSON.parse(body) as { code: string }).code]),
      );
    });
    sent.on('error', reject);
    sent.end(method === 'POST' ? 'nonsense' : undefined);
  });
}

test('ACCT1: no channel, live or of media, is named by dots, however a request spells them', async () => {
  for (const name of ['.', '..']) {
    const bearer = {
      authorization: `Bearer ${tokenFor(name, { uid: 7 })}`,
      'content-type': 'application/sdp',
    };
    for (const spelled of [name, name.replaceAll('.', '%2E'), name.replace('.', '%2e')])
      for (const kind of ['whip', 'whep']) {
        const [status, code] = await send('POST', `/v1/${kind}/${testApp.id}/${spelled}`, bearer);
        expect([spelled, status === 400 || status === 404, code !== 'sdp_invalid']).toEqual([
          spelled,
          true,
          true,
        ]);
      }
    const client = Client.open({ url: server.url, channel: name, uid: 7 });
    expect((await client.until('the end', () => client.closed)).code).toBe(4101);
  }
});

test('ACCT5: a refused WHEP request leaves no record, however many accounts it names', async () => {
  const position = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^housecount_log_position (\d+)/m.exec(text)?.[1]);
  };
  const before = await position();
  const token = tokenFor('c', { uid: 0 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' };
  for (let index = 0; index < 100; index++)
    expect((await send('POST', `/v1/whep/${testApp.id}/c?account=guest-${index}`, headers))[0]).toBe(422);
  expect(await position()).toBe(before);
});
