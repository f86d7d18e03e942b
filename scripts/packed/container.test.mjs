// deploy/Containerfile without an engine: its steps are done in an empty folder, and what it would start is started as it would be.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../setup/setup.mjs';
import { packs, runIn, temporary } from './installed.mjs';
import { start } from './running.mjs';

/** The instructions in order, each with its words; a line that ends in a backslash goes on. */
const steps = readFileSync(join(root, 'deploy/Containerfile'), 'utf8')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter(Boolean)
  .map((line) => (/^(\S+)\s+(.*)$/.exec(line) ?? []).slice(1));
const of = (/** @type {string} */ name) => steps.filter(([step]) => step === name).map(([, words]) => words);
const [user, ...otherUsers] = of('USER');
const isRoot = process.getuid?.() === 0;

test('INST7: the image runs as a number that is not root, from a Node that is new enough', () => {
  assert.match(user, /^[1-9]\d{3,}:[1-9]\d{3,}$/);
  assert.deepEqual(otherUsers, []);
  // Whoever it runs as has done nothing before: all is installed by root, and cannot be changed by it.
  assert.deepEqual(
    steps.slice(steps.findIndex(([step]) => step === 'USER')).filter(([step]) => /RUN|COPY|ADD/.test(step)),
    [],
  );
  assert.ok(Number(/^docker\.io\/library\/node:(\d+)-/.exec(of('FROM')[0])?.[1]) >= 20);
});

/** A Node in somebody's home is theirs alone: the server then runs as who runs the test, and what it writes is looked at all the same. */
const canRunNode = (/** @type {{ uid: number, gid: number }} */ who) =>
  spawnSync(process.execPath, ['--version'], { cwd: '/', ...who }).status === 0;

/** Does WORKDIR, COPY and RUN in `image`, as an engine does them in the root of the image, with `context` as the folder to copy from. */
function build(/** @type {string} */ image, /** @type {string} */ context) {
  /** Paths of the image's root, as they are here. */
  const here = (/** @type {string} */ text) =>
    text.replaceAll(/(?<![\w./~-])\/(?=(?:opt|var|tmp|etc)\b)/g, `${image}/`);
  mkdirSync(join(image, 'tmp'));
  let workdir = image;
  for (const [step, words] of steps) {
    if (step === 'WORKDIR') {
      workdir = here(words);
      mkdirSync(workdir, { recursive: true });
    }
    if (step === 'COPY') {
      const [pattern, target] = words.split(/\s+/);
      const matches = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      const found = readdirSync(context).filter((name) => matches.test(name));
      assert.equal(found.length, 1, `COPY ${pattern} finds ${found.join() || 'nothing'}`);
      cpSync(join(context, found[0]), here(target));
    }
    // Only root may give a folder away; everybody else has it anyway.
    if (step === 'RUN')
      runIn(workdir, 'sh', '-euc', here(isRoot ? words : words.replaceAll(/ -[og] \d+/g, '')));
  }
  return here;
}

test('INST7: its steps make a server that serves from files that it cannot write, and that its health check finds', async (t) => {
  const { folder } = await packs();
  const image = await temporary('image');
  chmodSync(image, 0o755);
  const here = build(image, folder);
  const [uid, gid] = user.split(':').map(Number);
  const written = ['/var/lib/housecount', '/tmp'].map(here);
  for (const path of isRoot ? written : []) chownSync(path, uid, gid);
  if (!isRoot) runIn(image, 'chmod', '-R', 'a-w', here('/opt'));
  t.after(() => isRoot || runIn(image, 'chmod', '-R', 'u+w', here('/opt')));

  const declared = Object.fromEntries(of('ENV').map((words) => (/^(\w+)=(.*)$/.exec(words) ?? []).slice(1)));
  const env = Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, here(value)]));
  // Nothing else is there: no home, and the folder for what passes is the image's.
  Object.assign(env, {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: '/nonexistent',
    TMPDIR: here('/tmp'),
  });
  mkdirSync(dirname(env.HOUSECOUNT_CONFIG), { recursive: true });
  const app = { id: '0123456789abcdef0123456789abcdef', certificate: 'fedcba9876543210fedcba9876543210' };
  // The test's machine has other ports free than the image.
  const settings = { listen: { port: 0 }, media: { udpPort: 0, announcedAddress: '127.0.0.1' }, apps: [app] };
  writeFileSync(env.HOUSECOUNT_CONFIG, JSON.stringify(settings), { mode: 0o644 });
  const as = { cwd: '/', env, ...(isRoot && canRunNode({ uid, gid }) && { uid, gid }) };
  const before = runIn(image, 'find', here('/opt'), '-newermt', '@0', '-printf', '%p %T@\n');

  const command = [...JSON.parse(of('ENTRYPOINT')[0]), ...JSON.parse(of('CMD')[0])].map(here);
  const server = start(t, '/', command, as);
  const [, url] = await server.line(/"listening":"(http:[^"]+)"/);
  assert.equal((await fetch(`${url}/`)).status, 200);
  assert.equal((await fetch(`${url}/sdk/AgoraRTC_N.js`)).status, 200);

  const [, check] = /\bCMD (\[.*\])$/.exec(of('HEALTHCHECK')[0]) ?? [];
  const isHealthy = (/** @type {string} */ address) => {
    const [program, ...args] = JSON.parse(check);
    return (
      spawnSync(program, args, { ...as, env: { ...env, HEALTH_URL: `${address}/healthz` } }).status === 0
    );
  };
  assert.equal(env.HEALTH_URL, 'http://127.0.0.1:7080/healthz');
  assert.ok(of('EXPOSE')[0].includes('7080/tcp'));
  assert.ok(isHealthy(url));
  assert.equal(of('STOPSIGNAL')[0], 'SIGTERM');
  assert.equal(await server.stop(), 0, server.said.join('\n'));
  assert.ok(!isHealthy(url));

  assert.equal(runIn(image, 'find', here('/opt'), '-newermt', '@0', '-printf', '%p %T@\n'), before);
  assert.ok(readdirSync(here('/var/lib/housecount')).includes('manifest'));
});
