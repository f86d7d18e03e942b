import { afterEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testCustomer,
  until,
} from '../../../testing/processes/server-process.ts';

const main = fileURLToPath(new URL('../../../../cli/src/main.ts', import.meta.url));
let server: ServerProcess | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Line {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

test('OPS82: the log at info tells of start, listening, refused logins, kicks, reloads and the stop, and of no secret', async () => {
  server = await startServerProcess({ log: { level: 'info', format: 'json' } });
  const { url, stderr } = server;
  const lines = () => linesOf(stderr());
  const line = (message: string, fields: object = {}) =>
    until(`${message} ${JSON.stringify(fields)}`, () =>
      lines().some(
        (one) =>
          one.message === message && Object.entries(fields).every(([key, value]) => one[key] === value),
      ),
    );
  await line('starting', { pid: server.pid, development: false });
  await line('listening', { url });
  const badToken = tokenFor('x', { uid: 5 }, 'audience', { ...testApp, certificate: 'e'.repeat(32) });
  const stranger = Client.open({ url, channel: 'x', uid: 5, hello: { token: badToken } });
  await stranger.next('closing');
  await line('a login was refused', { over: 'live', channel: 'x', user: 5, code: 'invalid_token' });
  const user = SignalingClient.open(url, 'ann', { token: badToken }, {});
  await user.until('the end', () => user.closed);
  await line('a login was refused', { over: 'signaling', user: 'ann' });
  await fetch(`${url}/v1/whip/${testApp.id}/x`, {
    method: 'POST',
    headers: { authorization: `Bearer ${badToken}`, 'content-type': 'application/sdp' },
    body: 'v=0',
  });
  await line('a login was refused', { over: 'whip', channel: 'x', code: 'invalid_token' });
  const wrong = `${testCustomer.id}:this-is-not-the-secret`;
  await fetch(`${url}/v1/apps`, { headers: { authorization: `Basic ${btoa(wrong)}` } });
  await line('a login was refused: the customer id and secret do not match');
  const client = await Client.join({ url, channel: 'x', uid: 6 });
  const rule = { uid: 6, channel: 'x', privileges: ['join_channel'], seconds: 60 };
  const made = await ask(url, `/v1/apps/${testApp.id}/rules`, { send: rule });
  expect(made.status).toBe(200);
  await client.next('closing');
  await line('a kicking rule is in force', { channel: 'x', uid: 6 });
  await line('a member was put out', { channelType: 'live', channel: 'x', uid: 6 });
  process.kill(server.pid, 'SIGHUP');
  await line('the configuration was read again');
  writeFileSync(join(dirname(server.dataDir), 'housecount.yaml'), 'lsten: {}');
  process.kill(server.pid, 'SIGHUP');
  await line('the configuration was read again and not taken; the one before stays in use');
  expect(await server.terminate()).toBe(0);
  const told = lines().map(({ message }) => message);
  expect(told.at(-1)).toBe('stopped');
  expect(lines().find(({ message }) => message.startsWith('stopping'))).toMatchObject({ why: 'SIGTERM' });
  for (const secret of [testCustomer.secret, testApp.certificate, badToken, wrong.split(':')[1] ?? ''])
    expect(stderr()).not.toContain(secret);
}, 120_000);

test('OPS83: with format json every line of both streams is JSON from the first one, also where there is no server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-lines-'));
  folders.push(folder);
  const file = join(folder, 'housecount.yaml');
  const run = (content: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    writeFileSync(file, content);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, 'serve', '--config', file, ...args],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '', ...env },
      },
    );
    return { status, lines: linesOf(stdout + stderr) };
  };
  const broken = 'apps: [';
  const wrong = 'customers: [{ id: x, secret: short-secret }]';
  for (const { status, lines } of [
    run(broken, ['--json']),
    run(broken, [], { HOUSECOUNT_LOG_FORMAT: 'json' }),
    run(`${wrong}\nlog: { format: json }`, []),
    run(wrong, ['--json']),
  ]) {
    expect(status).toBe(2);
    expect(lines).toMatchObject([{ level: 'error', message: 'the server does not start' }]);
    expect(JSON.stringify(lines)).not.toContain('short-secret');
  }
  // The obstacle in this folder is found only when the server starts.
  writeFileSync(join(folder, 'data'), 'no folder');
  const taken = run(`apps: [{ id: ${testApp.id} }]\nlog: { format: json }`, [
    '--data-dir',
    join(folder, 'data'),
  ]);
  expect(taken.status).toBe(1);
  expect(taken.lines.at(-1)).toMatchObject({ level: 'error', message: 'the server does not start' });
}, 120_000);

test('OPS83: the line that says where it listens is JSON, too, if the file chose it, and the app without certificate is told in it', async () => {
  server = await startServerProcess({ apps: [{ id: testApp.id }], log: { format: 'json' } });
  expect(linesOf(server.stderr()).some(({ message }) => message.includes('HAS NO CERTIFICATE'))).toBe(true);
  expect(await server.terminate()).toBe(0);
  expect(linesOf(server.stderr()).at(-1)?.message).toBe('stopped');
}, 120_000);

test('LIMIT10: limits that do not go together are told at the start, and of other apps at a reload, and the server serves', async () => {
  server = await startServerProcess({
    apps: [{ ...testApp, limits: { channelHostsMax: 2 } }],
    limits: { socketBacklogBytesMax: 3_000_000 },
    log: { level: 'warn', format: 'json' },
  });
  const { stderr } = server;
  const told = () => linesOf(stderr()).filter(({ message }) => message.startsWith('limits.'));
  await until('two lines', () => told().length >= 2);
  expect(told()).toMatchObject([
    { level: 'warn', message: expect.stringContaining('limits.socketBacklogBytesMax (3000000)') },
    { level: 'warn', message: expect.stringContaining('limits.channelHostsMax (2)'), app: testApp.id },
  ]);
  const file = join(dirname(server.dataDir), 'housecount.yaml');
  const before = JSON.parse(readFileSync(file, 'utf8'));
  const [added, sound] = ['a', 'b'].map((digit) => ({ ...testApp, id: digit.repeat(32) }));
  const apps = [...before.apps, { ...added, limits: { signalingUserBacklogBytesMax: 1_600_000 } }, sound];
  // What the server has is taken at a restart alone.
  writeFileSync(file, JSON.stringify({ ...before, apps, limits: { socketBacklogBytesMax: 2_000_000 } }));
  process.kill(server.pid, 'SIGHUP');
  const last = 'changed keys of the configuration wait for a restart';
  await until('the reload', () => linesOf(stderr()).some(({ message }) => message === last));
  expect(told().slice(2)).toMatchObject([
    {
      level: 'warn',
      message: expect.stringMatching(/BacklogBytesMax \(1600000\).*BacklogBytesMax \(3000000\)/),
      app: added?.id,
    },
  ]);
}, 120_000);
