// The commands of the inner loop, as who works on the project runs them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bunPath } from './setup/bun.mjs';
import { root } from './setup/setup.mjs';
import { until } from './tests/until.mjs';

/** An npm script under way, with what it has written so far. */
function npmRun(/** @type {import('node:test').TestContext} */ t, /** @type {string[]} */ args, env = {}) {
  const npm = spawn('npm', ['run', ...args], { cwd: root, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  t.after(() => npm.kill('SIGTERM'));
  return { npm, output: () => output, find: (/** @type {RegExp} */ pattern) => pattern.exec(output)?.[1] };
}

/** Saves the file as an editor does, with what it has already: whoever reads it meanwhile finds it whole, and no build is older than it. */
function save(/** @type {string} */ path) {
  const file = join(root, path);
  const { atime, mtime } = statSync(file);
  copyFileSync(file, `${file}.saved`);
  utimesSync(`${file}.saved`, atime, mtime);
  renameSync(`${file}.saved`, file);
}

/** Somebody in the audience, who comes back with the key of the last welcome, and writes how each welcome came about. */
const viewer = `
let resume;
function connect() {
  const socket = new WebSocket(process.env.LIVE_URL);
  socket.onopen = () => socket.send(JSON.stringify({ ...JSON.parse(process.env.HELLO), resume }));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type !== 'welcome') return;
    ({ resume } = frame);
    console.log(frame.resumed ? 'resumed' : 'joined');
  };
  socket.onclose = () => setTimeout(connect, 100);
}
connect();`;

/** The words of a viewer who joins the demo's channel, so far. */
async function watchDemo(/** @type {import('node:test').TestContext} */ t, /** @type {string} */ url) {
  const { app, channel, token } = /** @type {any} */ (
    await (await fetch(`${url}/v1/demo/token?channel=demo&uid=5`)).json()
  );
  const who = { uid: 5, role: 'audience', profile: 'live' };
  const hello = { type: 'hello', version: 1, app, channel, token, ...who };
  const child = spawn(bunPath(), ['--eval', viewer], {
    env: {
      ...process.env,
      LIVE_URL: `${url.replace(/^http/, 'ws')}/v1/connect`,
      HELLO: JSON.stringify(hello),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  let words = '';
  child.stdout.on('data', (chunk) => {
    words += chunk;
  });
  return () => words.match(/\w+/g) ?? [];
}

function temporaryFolder(/** @type {import('node:test').TestContext} */ t) {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-dev-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('PROJ4: npm run dev starts the server anew at its address when a source changes, with whoever is there, and ends in order', async (t) => {
  const dev = npmRun(t, ['dev', '--', '--port', '0', '--data-dir', join(temporaryFolder(t), 'data')], {
    HOUSECOUNT_MEDIA_UDP_PORT: '0',
    HOUSECOUNT_LOG_FORMAT: 'pretty',
  });
  const url = await until('listening', () => dev.find(/listening on (\S+)/));
  const page = await until('the console', () => dev.find(/the console from its sources: (\S+)/));
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.match(await (await fetch(`${page}demo`)).text(), /src="\/src\/main\.tsx/);
  // What is the server's comes from the server.
  assert.equal(/** @type {any} */ (await (await fetch(`${page}v1/session`)).json()).development, true);

  const isHealthy = () =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const count = (/** @type {RegExp} */ pattern) => dev.output().match(pattern)?.length ?? 0;
  const starts = () => count(/ starting .*pid/g);
  await until('the first start in the log', () => starts() === 1);
  const said = await watchDemo(t, url);
  await until('somebody in the audience', () => said().length === 1);
  save('packages/server/src/pause.ts');
  await until('the second start', () => starts() > 1);
  await until('answers again', isHealthy);
  await until('the audience again', () => said().length > 1);
  assert.deepEqual(said().slice(0, 2), ['joined', 'resumed']);
  // A package that only another of its packages is made of is one of its sources, too.
  const before = starts();
  save('packages/schema/src/base64.ts');
  await until('one more start', () => starts() > before);
  await until('answers again', isHealthy);

  dev.npm.kill('SIGTERM');
  await until('stopped in order', () => count(/ stopped\b/g) === starts());
  await until('gone', () =>
    fetch(`${page}`).then(
      () => false,
      () => true,
    ),
  );
});

test('PROJ4: the server of npm run dev is found at its address also where it logs JSON', async (t) => {
  const settings = { HOUSECOUNT_LOG_FORMAT: 'json', HOUSECOUNT_MEDIA_UDP_PORT: '0' };
  for (const format of [[], ['--json']]) {
    const dev = npmRun(
      t,
      ['dev', '--', '--port', '0', '--data-dir', temporaryFolder(t), ...format],
      settings,
    );
    await until('the console', () => dev.find(/the console from its sources: (\S+)/));
    const url = await until('listening', () => dev.find(/"listening":"([^"]+)"/));
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    dev.npm.kill('SIGTERM');
    await until('gone', () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
  }
});

test('PROJ5: npm run test:watch runs the files that are named, in part, and again at a change', async (t) => {
  const watch = npmRun(t, ['test:watch', 'src/glob']);
  const runs = () => watch.output().match(/^Ran \d+ tests? across 1 file/gm)?.length ?? 0;
  await until('the first run', () => runs() === 1);
  save('packages/server/src/glob.ts');
  await until('the second run', () => runs() > 1);
  const wrong = spawn('npm', ['run', 'test:watch', 'no-such-file'], { cwd: root });
  assert.deepEqual(await once(wrong, 'exit'), [2, null]);
});

test('PROJ6: npm run coverage prints what the tests ran by folder, and where the report is', async (t) => {
  const folder = temporaryFolder(t);
  const wanted = ['packages/server/src/glob', 'packages/cli/src/trigger/trigger'];
  const args = ['run', 'coverage', ...wanted, '--', '--to', folder];
  const { status, stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /^server +\d+\.\d % +\d+ \/ +\d+ +1\b/m);
  assert.match(stdout, new RegExp(`By line: ${join(folder, 'lcov.info')} `));
  const report = readFileSync(join(folder, 'lcov.info'), 'utf8');
  assert.match(report, /^SF:packages\/server\/src\/glob\.ts\nDA:\d+,\d+/m);
  // What the product tests with is no test.
  assert.match(report, /^SF:packages\/cli\/src\/trigger\/test-event\.ts$/m);
});
