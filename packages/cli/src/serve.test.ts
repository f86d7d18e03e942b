import { afterEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '../../server/testing/clients/client.ts';
import { startServerProcess, testCustomer } from '../../server/testing/processes/server-process.ts';
import { type AudienceCounts, simulateAudience } from './simulate/simulate-audience.ts';

const launcher = fileURLToPath(new URL('../bin/housecount.mjs', import.meta.url));
const app = '0123456789abcdef0123456789abcdef';
const certificate = 'fedcba9876543210fedcba9876543210';
const startMs = 60_000;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
}
const running: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-serve-'));
  folders.push(folder);
  return folder;
}

/** Runs the launcher with Node, as npx does. */
function launch(...args: string[]): ChildProcess {
  const child = spawn('node', [launcher, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOUSECOUNT_MEDIA_UDP_PORT: '0' },
  });
  running.push(child);
  return child;
}

async function serve(...args: string[]): Promise<Running> {
  const child = launch('serve', '--port', '0', '--data-dir', newFolder(), ...args);
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`did not start: ${stderr}`)), startMs);
    child.once('exit', (status) => reject(new Error(`ended with ${status}: ${stderr}`)));
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      const found = /listening on (\S+)\n/.exec(stdout)?.[1] ?? /"listening":"([^"]+)"/.exec(stdout)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  return { child, url, stdout: () => stdout, stderr: () => stderr };
}

const ended = async (child: ChildProcess): Promise<[number | null, string | null]> =>
  child.exitCode !== null || child.signalCode !== null
    ? [child.exitCode, child.signalCode]
    : ((await once(child, 'exit')) as [number | null, string | null]);

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startMs;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('it did not happen');
    await Bun.sleep(10);
  }
}

const isThere = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

test('CLI13: serve says where it listens on stdout, in one line, and what to try on stderr', async () => {
  const { child, url, stdout, stderr } = await serve();
  expect(stdout()).toBe(`listening on ${url}\n`);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  await until(() => stderr().includes('curl '));
  for (const part of [app, certificate, `${url}/demo`, 'npx housecount simulate', 'npx housecount listen'])
    expect(stderr()).toContain(part);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended(child)).toEqual([0, null]);
  expect(await isThere(url)).toBe(false);
}, 120_000);

test('CLI14: SIGINT to the launcher stops the server in order; --json prints one object', async () => {
  const { child, url, stdout, stderr } = await serve('--json');
  expect(JSON.parse(stdout())).toEqual({ listening: url, lan: [], development: true });
  child.kill('SIGINT');
  expect(await ended(child)).toEqual([0, null]);
  for (const line of stderr().split('\n').filter(Boolean)) expect(() => JSON.parse(line)).not.toThrow();
}, 120_000);

test('CLI15: the server ends when its launcher is killed', async () => {
  const { child, url } = await serve();
  child.kill('SIGKILL');
  expect(await ended(child)).toEqual([null, 'SIGKILL']);
  await until(async () => !(await isThere(url)));
}, 120_000);

test('CLI15: a signal that ends npx ends the command that it runs', async () => {
  const npx = spawn('npx', ['housecount', 'serve', '--port', '0', '--data-dir', newFolder()], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { ...process.env, HOUSECOUNT_MEDIA_UDP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.push(npx);
  let out = '';
  npx.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const urlOf = () => /listening on (\S+)/.exec(out)?.[1];
  await until(() => urlOf() !== undefined);
  const url = urlOf() ?? '';
  npx.kill('SIGTERM');
  await until(async () => !(await isThere(url)));
}, 120_000);

test('CLI16: exit status and output of the launcher are those of the command', async () => {
  const run = (...args: string[]) => spawnSync('node', [launcher, ...args], { encoding: 'utf8' });
  const made = run('token', '--app', app, '--certificate', certificate, '--channel', 'x');
  expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' });
  expect(made.stdout).toMatch(/^007\S+\n$/);
  expect(run('token', '--nope').status).toBe(2);
  expect(run('simulate', '--help').stdout).toStartWith('housecount simulate:');
  const refused = run('listen', '--url', 'http://127.0.0.1:1', '--app', 'x', '--customer', 'x');
  expect(refused.status).toBe(2);
}, 120_000);

test('CLI17: a simulated audience joins by number, churns, and leaves whole', async () => {
  const { url } = await serve();
  const base = { url, app, certificate, channel: 'sim', audience: 30, hosts: 2 };
  const stop = new AbortController();
  let counts: AudienceCounts | undefined;
  const simulated = simulateAudience(
    {
      ...base,
      churnPerSecond: 50,
      onProgress: (now) => {
        counts = now;
      },
    },
    stop.signal,
  );
  await until(() => (counts?.leaves ?? 0) >= 10);
  const roster = await (await fetch(`${url}/v1/apps/${app}/channels/sim/roster`)).json();
  expect(roster).toMatchObject({ hosts: 2 });
  stop.abort();
  const end = await simulated;
  expect(end.joins).toBeGreaterThanOrEqual(42);
  expect(end).toMatchObject({
    present: 0,
    peak: 32,
    leaves: end.joins,
    unheard: 0,
    lost: 0,
    refusals: {},
    removals: {},
  });
  const { sids } = (await (await fetch(`${url}/v1/apps/${app}/channels/sim/sids`)).json()) as {
    sids: { joins: number; closedMs?: number }[];
  };
  expect(sids).toHaveLength(1);
  expect(sids[0]?.joins).toBe(end.joins);
  expect(sids[0]?.closedMs).toBeNumber();
}, 120_000);

test('CLI17: CLI43: refusals are counted by code, and the command fails', async () => {
  const { url } = await serve();
  const child = launch(
    ...[
      'simulate',
      '--json',
      '--url',
      url,
      '--app',
      app,
      '--certificate',
      app,
      '--channel',
      'x',
      '--audience',
      '3',
    ],
    ...['--for', '1ms'],
  );
  let out = '';
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  expect(await ended(child)).toEqual([1, null]);
  expect(JSON.parse(out)).toMatchObject({ joins: 0, leaves: 0, refusals: { invalid_token: 3 } });
  // CLI43: what to look at is said.
  expect(err).toContain('invalid_token: the server does not take the tokens made here: is --certificate');
}, 120_000);

test('CLI34: simulate of a server that is not there says so, counts nobody, and fails', async () => {
  const child = launch(
    ...['simulate', '--json', '--url', 'http://127.0.0.1:1', '--app', app, '--certificate', certificate],
    ...['--channel', 'x', '--audience', '3', '--for', '1ms'],
  );
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  expect(await ended(child)).toEqual([1, null]);
  expect(out).toBe('');
  expect(err).toContain('nothing listens on 127.0.0.1:1');
}, 120_000);

test('CLI13: a port that is taken: exit status 1, and which', async () => {
  const { url } = await serve();
  const { port } = new URL(url);
  const child = launch('serve', '--port', port, '--data-dir', newFolder());
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  expect(await ended(child)).toEqual([1, null]);
  expect(err).toContain(`another program listens on port ${port} of 127.0.0.1`);
  expect(err).toContain('--port');
}, 120_000);

test('CLI38: with a configuration serve says who logs in where, and what is not there', async () => {
  const file = join(newFolder(), 'housecount.yaml');
  const apps = `apps: [{ id: ${app}, certificate: ${certificate} }]\n`;
  writeFileSync(file, `${apps}customers: [{ id: my-backend, secret: choose-a-long-one }]\n`);
  const withCustomer = await serve('--config', file);
  await until(() => withCustomer.stderr().includes('no demo room'));
  expect(withCustomer.stderr()).toContain(`${withCustomer.url}/   (log in as my-backend`);
  expect(withCustomer.stderr()).not.toContain('choose-a-long-one');
  writeFileSync(file, apps);
  const without = await serve('--config', file);
  await until(() => without.stderr().includes('the configuration has no customers'));
}, 120_000);

test('CLI38: --lan with the address of this machine alone does not say that the network is let in', async () => {
  const { stderr } = await serve('--lan', '--host', '127.0.0.1');
  await until(() => stderr().includes('On this machine alone'));
  expect(stderr()).not.toContain('Everybody on this network');
}, 120_000);

interface Listening {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
}
function listen(...args: string[]): Listening {
  const child = launch('listen', ...args);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  return { child, out: () => out, err: () => err };
}
/** `audience` viewers join one after the other, and leave. */
const visit = (url: string, channel: string, audience: number) =>
  simulateAudience(
    { url, app, certificate, channel, audience, stayMs: 0, underWayMax: 1 },
    new AbortController().signal,
  );
const linesOf = (text: string) => text.split('\n').filter(Boolean);

test('CLI18: listen shows and forwards what happens', async () => {
  const { url } = await serve();
  const bodies: string[] = [];
  const receiver = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = await request.text();
      const v2 = request.headers.get('agora-signature-v2');
      if (v2 !== createHmac('sha256', 'mine').update(body).digest('hex'))
        return new Response('', { status: 401 });
      bodies.push(body);
      return new Response('ok');
    },
  });
  const { child, out, err } = listen('--url', url, '--forward', receiver.url.href, '--secret', 'mine');
  await until(() => err().includes('following the notices of'));
  await visit(url, 'x', 2);
  await until(() => out().includes('channel destroy') && out().split('\u2192 200').length === 7);
  expect(
    out()
      .match(/ {2}\d{3} {2}/g)
      ?.map((type) => Number(type)),
  ).toEqual([101, 105, 105, 106, 106, 102]);
  expect(bodies.map((body) => (JSON.parse(body) as { payload: { seq: number } }).payload.seq)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
  child.kill('SIGINT');
  expect(await ended(child)).toEqual([0, null]);
  await receiver.stop(true);
}, 120_000);

test('CLI25: listen begins in the past, and goes on from the cursor that it told, with what fits the filters', async () => {
  const { url } = await serve();
  await visit(url, 'live-1', 1);
  await visit(url, 'lobby', 1);
  const asked = ['--url', url, '--json', '--channel', 'live-*', '--type', '105,106'];
  const first = listen(...asked, '--since', '1h');
  await until(() => linesOf(first.out()).length >= 2);
  first.child.kill('SIGINT');
  expect(await ended(first.child)).toEqual([0, null]);
  const told = linesOf(first.out()).map((line) => JSON.parse(line));
  expect(told.map(({ notice }) => [notice.payload.channelName, notice.eventType])).toEqual([
    ['live-1', 105],
    ['live-1', 106],
  ]);
  const cursor = /to go on from here: --app \S+ --cursor (\S+)\n/.exec(first.err())?.[1] ?? '';
  expect(told.at(-1).cursor).toBe(cursor);

  await visit(url, 'live-2', 1);
  const second = listen(...asked, '--format', 'standard', '--cursor', cursor);
  await until(() => linesOf(second.out()).length >= 2);
  const later = linesOf(second.out()).map((line) => JSON.parse(line).notice);
  expect(later.map(({ channel, type }) => [channel, type])).toEqual([
    ['live-2', 'member.joined'],
    ['live-2', 'member.left'],
  ]);
  second.child.kill('SIGINT');
  await ended(second.child);
}, 120_000);

test('CLI35: listen --retry that was there before the server, over kill -9, tells every event once and in order', async () => {
  const server = await startServerProcess();
  const clients: Client[] = [];
  try {
    await server.kill();
    const customer = `${testCustomer.id}:${testCustomer.secret}`;
    const { child, out, err } = listen('--url', server.url, '--customer', customer, '--json', '--retry');
    await until(() => err().includes('not connected yet (nothing listens on'));
    await server.restart();
    await until(() => err().includes('following the notices of'));
    const seqs = () => linesOf(out()).map((line) => JSON.parse(line).notice.payload.seq as number);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 3; n++)
        clients.push(await Client.join({ url: server.url, channel: 'x', uid: round * 3 + n + 1 }));
      if (round === 1) await until(() => seqs().length >= 7);
      const losses = err().split('connection lost').length;
      await server.kill();
      await until(() => err().split('connection lost').length > losses);
      await server.restart();
    }
    await until(() => seqs().length >= 10);
    expect(seqs().slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1));
    child.kill('SIGINT');
    expect(await ended(child)).toEqual([0, null]);
  } finally {
    for (const client of clients) client.drop();
    await server.close();
  }
}, 120_000);

test('CLI23: a login that is not taken ends listen with status 1 and the option to give', async () => {
  const { url } = await serve();
  const wrong = listen('--url', url, '--customer', 'me:wrong');
  expect(await ended(wrong.child)).toEqual([1, null]);
  expect(wrong.err()).toContain('does not take this login');
  expect(wrong.err()).toContain('--customer');
  expect(wrong.out()).toBe('');
  const stranger = listen('--url', url, '--app', 'f'.repeat(32));
  expect(await ended(stranger.child)).toEqual([1, null]);
  expect(stranger.err()).toContain('Check --app');
}, 120_000);
