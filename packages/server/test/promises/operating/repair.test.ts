import { afterEach, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '../../../testing/clients/client.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

const main = fileURLToPath(new URL('../../../../cli/src/main.ts', import.meta.url));
let server: ServerProcess;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (let end = ends.pop(); end; end = ends.pop()) await end();
});

async function repair(...more: string[]): Promise<{ status: number; out: string; err: string }> {
  const child = spawn(process.execPath, [main, 'repair', '--data-dir', server.dataDir, ...more]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [status] = await once(child, 'close');
  return { status, out, err };
}

// biome-ignore lint/suspicious/noExplicitAny: the test reads answers of many shapes.
async function rest(path: string): Promise<any> {
  const response = await fetch(`${server.url}/v1/apps/${testApp.id}${path}`, {
    headers: { authorization: testAuthorization },
  });
  expect([path, response.status]).toEqual([path, 200]);
  return response.json();
}
const at = (path: string) => join(server.dataDir, path);
const uids = async () => (await rest('/channels/room/roster')).members.map(({ uid }: { uid: number }) => uid);
/** Every file with its bytes and rights. */
const contentOf = (folder: string) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    // SQLite makes its index of the other two anew whenever it looks; what is in the lock means nothing.
    .filter((path) => statSync(path).isFile() && !/-shm$|lock\.db/.test(path))
    .map((path) => [path, statSync(path).mode, readFileSync(path).toString('base64')]);

/** A stopped server with members in its log: some of before the snapshot of a stop, two after it. */
async function lived(): Promise<void> {
  const receiver = await startReceiver();
  ends.push(() => receiver.close());
  server = await startServerProcess({
    endpoints: [
      { app: testApp.id, url: receiver.url, secret: 'a-secret-for-the-repair', allowPrivateNetwork: true },
    ],
    leases: { rtcMs: 60_000, signalingMs: 60_000, recoveryMs: 60_000 },
  });
  ends.push(() => server.close());
  for (let uid = 1; uid <= 10; uid += 1) await Client.join({ url: server.url, channel: 'room', uid });
  await server.terminate();
  await server.restart();
  for (const uid of [11, 12]) await Client.join({ url: server.url, channel: 'room', uid });
  await until(
    'everything is told',
    async () => (await rest('/deliveries?limit=100')).deliveries.length >= 13,
  );
  await server.kill();
}

test('DATA11: a log that is damaged before its snapshot is mended; who was there is there, and everybody hears what comes', async () => {
  await lived();
  const [segment = ''] = readdirSync(at('log/main')).sort();
  const bytes = readFileSync(at(`log/main/${segment}`));
  bytes[bytes.indexOf('"uid":3') + 2] = 0x5a;
  writeFileSync(at(`log/main/${segment}`), bytes);
  // A history that had not come so far.
  for (const suffix of ['', '-wal', '-shm']) rmSync(at(`history.db${suffix}`), { force: true });

  const before = contentOf(server.dataDir);
  const dry = await repair('--dry-run');
  expect(dry.status).toBe(1);
  expect(dry.out).toContain('Would do: The newest snapshot is of record');
  expect(contentOf(server.dataDir)).toEqual(before);

  const mended = await repair();
  expect(mended).toMatchObject({ status: 0, err: '' });
  const kept = mended.out.match(/kept in (.*)\n/)?.[1] ?? '';
  expect(readFileSync(join(kept, `log/main/${segment}`))).toEqual(bytes);
  expect((await repair()).out).toContain('nothing is wrong');

  await server.restart();
  expect(await uids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  await Client.join({ url: server.url, channel: 'room', uid: 13 });
  const { sids } = await rest('/channels/room/sids');
  await until('the history goes on', async () => {
    const newest = (await rest(`/channels/room/events?sid=${sids[0].sid}&after=13&limit=100`)).events;
    return newest.some(({ uid }: { uid: number }) => uid === 13);
  });
  await until('the endpoint hears of it', async () =>
    (await rest('/deliveries?uid=13')).deliveries.some(
      ({ status }: { status: string }) => status === 'delivered',
    ),
  );
}, 300_000);

test('DATA11: what cannot be mended is told with what to do, and left as it is', async () => {
  await lived();
  for (const name of readdirSync(at('snapshots/main'))) rmSync(at(`snapshots/main/${name}`));
  const [segment = ''] = readdirSync(at('log/main')).sort();
  const bytes = readFileSync(at(`log/main/${segment}`));
  bytes[bytes.indexOf('"uid":3') + 2] = 0x5a;
  writeFileSync(at(`log/main/${segment}`), bytes);
  const { status, out } = await repair();
  expect(status).toBe(1);
  expect(out).toContain(`log/main/${segment}`);
  expect(out).toContain('Put back a copy of the data folder from a backup');
  expect(readFileSync(at(`log/main/${segment}`))).toEqual(bytes);
}, 300_000);

test('DATA11: files that are missing or damaged are told, and the server starts after the repair', async () => {
  await lived();
  rmSync(at('notify/cursors'));
  writeFileSync(at('resume-secret'), new Uint8Array(32));
  writeFileSync(at('messages.db'), 'nonsense, and long enough to be seen as such by whoever opens it');
  rmSync(at('messages.db-wal'), { force: true });
  const dry = JSON.parse((await repair('--dry-run', '--json')).out);
  expect(dry.findings.map(({ file }: { file: string }) => file)).toEqual([
    'resume-secret',
    'messages.db',
    'notify/cursors',
  ]);
  expect(existsSync(at('resume-secret'))).toBe(true);
  const { status, out } = await repair();
  expect([status, out]).toEqual([0, expect.stringContaining('Done: ')]);
  await server.restart();
  expect(await uids()).toHaveLength(12);
}, 300_000);

test('DATA11: a running server, and a folder that is none, are refused by name', async () => {
  server = await startServerProcess();
  ends.push(() => server.close());
  expect(await repair()).toMatchObject({ status: 1, out: '', err: expect.stringContaining('(data_in_use)') });
  const nowhere = await repair('--data-dir', at('not-there'));
  expect(nowhere).toMatchObject({ status: 1, err: expect.stringContaining('(data_missing)') });
  expect(existsSync(at('not-there'))).toBe(false);
}, 300_000);
