import { afterEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../../../testing/clients/client.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

let server: ServerProcess;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (let end = ends.pop(); end; end = ends.pop()) await end();
});

// biome-ignore lint/suspicious/noExplicitAny: the test reads answers of many shapes.
async function rest(path: string, body?: object): Promise<any> {
  const response = await fetch(`${server.url}/v1/apps/${testApp.id}${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: testAuthorization, 'content-type': 'application/json' },
  });
  expect([path, response.status]).toEqual([path, 200]);
  return response.json();
}

const at = (path: string) => join(server.dataDir, path);

/** A server that has something in every file, stopped. */
async function filled(): Promise<void> {
  const receiver = await startReceiver();
  ends.push(() => receiver.close());
  server = await startServerProcess({
    endpoints: [
      {
        app: testApp.id,
        url: receiver.url,
        secret: 'a-secret-for-the-damage',
        allowPrivateNetwork: true,
        channels: ['room'],
      },
    ],
    endpointNetworks: ['127.0.0.0/8'],
  });
  ends.push(() => server.close());
  await rest('/endpoints', { url: receiver.url, allowPrivateNetwork: true });
  const client = await Client.join({ url: server.url, channel: 'room', uid: 1 });
  // Enough for several pages of each file.
  for (let n = 0; n < 20; n += 1)
    await rest('/channels/lobby/messages', {
      publisher: 'ann',
      content: { text: `${n} ${'x'.repeat(1_000)}` },
      storeInHistory: true,
    });
  for (let uid = 2; uid < 22; uid += 1)
    await (await Client.join({ url: server.url, channel: 'room', uid })).leave();
  await client.leave();
  await until('everything is delivered', async () => {
    const { deliveries } = await rest('/deliveries?limit=1000');
    return deliveries.length >= 44;
  });
  expect(await server.terminate()).toBe(0);
}

/** The message of a start that is refused. */
const refusal = () =>
  server.restart().then(
    () => 'it started',
    (error: Error) => error.message,
  );

test('DATA4: a server with a damaged page in each file of tables runs, with what the log has, and names files and remedy', async () => {
  await filled();
  const files = ['history.db', 'deliveries.db', 'messages.db', 'idempotency.db'];
  for (const file of files) {
    const bytes = readFileSync(at(file));
    // The first page has the tables' definitions, all others what is in them.
    writeFileSync(at(file), bytes.fill(0x5a, 4_096));
  }
  await server.restart();
  const { sids } = await rest('/channels/room/sids');
  expect((await rest(`/channels/room/events?sid=${sids[0].sid}&after=0&limit=1000`)).events).toHaveLength(44);
  expect((await rest('/channels/lobby/messages?limit=100')).messages).toHaveLength(20);
  expect((await rest('/deliveries')).deliveries).toEqual([]);
  const names = readdirSync(server.dataDir);
  for (const file of files) {
    const aside = names.find((name) => name.startsWith(`${file}.damaged-`));
    expect(server.stderr()).toContain(`"file":"${at(file)}","setAside":"${at(aside ?? 'none')}"`);
  }
  expect(server.stderr()).toContain(
    '"remedy":"Stop the server and put back a copy of the file from a backup',
  );
  await Client.join({ url: server.url, channel: 'room', uid: 1 });
}, 300_000);

test('DATA7: a server without a file that it had does not start, or tells it', async () => {
  await filled();
  const told = ['history.db', 'deliveries.db', 'idempotency.db', 'resume-secret'];
  for (const file of told) rmSync(at(file));
  await server.restart();
  for (const file of told) expect(server.stderr()).toMatch(new RegExp(`FOLDER IS MISSING.*"file":"${file}"`));
  const { sids } = await rest('/channels/room/sids');
  expect((await rest(`/channels/room/events?sid=${sids[0].sid}&after=0&limit=1000`)).events).toHaveLength(44);
  await server.terminate();
  const needed = ['messages.db', 'notify/endpoints', 'notify/cursors', 'log'];
  for (const path of needed) rmSync(at(path), { recursive: true });
  const refused = await refusal();
  for (const path of needed) expect(refused).toContain(`${path} was there since 20`);
  expect(refused).toContain('(data_missing)');
}, 300_000);

test('DATA8: a server whose resume-secret is zeroed does not start', async () => {
  await filled();
  writeFileSync(at('resume-secret'), new Uint8Array(32));
  expect(await refusal()).toContain('It is resume-secret: it is zeroed.');
}, 300_000);
