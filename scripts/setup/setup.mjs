// What a fresh clone lacks, made on demand: packages, builds and, for tests, a Chromium, a Redis, proxies, a TURN server and promtool. Says what it does.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (/** @type {string} */ text) => process.stderr.write(`housecount: ${text}\n`);

/** Runs a command with its output shown; ends this process with its status if it fails. */
export function run(/** @type {string} */ command, /** @type {string[]} */ args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) say(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** `npm ci`, if the installed packages are not those of the lock file. */
export async function setUpPackages() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const status = await installPackages(root, say);
  if (status !== 0) process.exit(status);
}

/**
 * The packages that are built, in order, each with those whose sources it is made of.
 * @type {[name: string, sources: string[]][]}
 */
const builds = [
  ['rtc', ['rtc', 'link', 'protocol']],
  ['rtm', ['rtm', 'link', 'protocol']],
  ['react', ['react', 'rtc', 'rtm', 'link', 'protocol']],
  ['webhook', ['webhook', 'protocol']],
  ['client', ['client']],
  ['console', ['console', 'client', 'rtc', 'link', 'protocol']],
];

/** What makes the builds; beside each package is what it says to them. */
const makers = ['scripts/build/build-package.mjs', 'scripts/build/browsers.mjs'];

/** Files of a package's own that its build is made of, beside its sources. */
const own = ['build.mjs', 'vite.config.ts', 'index.html'];

/** A file beside `dist` while that is being built. Half of a build is newer than its sources: the mark, which stays where a build is ended or fails, keeps it from passing for one. */
const halfMark = '.half-built';

/** Makes `dist` of the package in `folder`, marked until it is whole. */
export async function buildWhole(/** @type {string} */ folder, /** @type {() => Promise<unknown>} */ make) {
  const mark = join(folder, halfMark);
  writeFileSync(mark, '');
  await make();
  rmSync(mark);
}

/** Time of the last change of the build of the package in `folder`, milliseconds; 0 if there is none, or half of one. */
export const builtMs = (/** @type {string} */ folder) =>
  existsSync(join(folder, halfMark)) ? 0 : newestMs([join(folder, 'dist')]);

/** Packages whose sources the build of this one is made of. */
export const sourcesOf = (/** @type {string} */ name) => builds.find(([built]) => built === name)?.[1] ?? [];

/** Packages that this one is made of, as their manifests have it: itself, those of the project that it names, and what those name. */
export function partsOf(/** @type {string} */ name, found = /** @type {Set<string>} */ (new Set())) {
  found.add(name);
  const { dependencies, devDependencies } = manifestOf(name);
  for (const each of Object.keys({ ...dependencies, ...devDependencies })) {
    const [, part] = /^@housecount\/(.+)$/.exec(each) ?? [];
    if (part !== undefined && !found.has(part)) partsOf(part, found);
  }
  return found;
}

/** Builds these packages, all unless said otherwise, if a source is newer than the build. */
export function setUpBuilds(wanted = builds.map(([name]) => name)) {
  for (const name of readdirSync(join(root, 'packages'))) {
    if (!hasBuild(name) || builds.some(([listed]) => listed === name)) continue;
    throw new Error(
      `packages/${name} has a build script and no line in scripts/setup/setup.mjs: add it to builds`,
    );
  }
  for (const [name, sources] of builds) {
    const changedMs = Math.max(
      newestMs(
        [...sources.map((source) => `${source}/src`), `${name}/public`].map((folder) =>
          join(root, 'packages', folder),
        ),
      ),
      ...[...makers, ...own.map((file) => `packages/${name}/${file}`)].map(changeMs),
    );
    if (!wanted.includes(name) || builtMs(join(root, 'packages', name)) > changedMs) continue;
    say(`building packages/${name} …`);
    run('npm', ['run', '--silent', 'build', '-w', `packages/${name}`], { stdio: ['ignore', 2, 2] });
  }
}

const hasBuild = (/** @type {string} */ name) => Boolean(manifestOf(name)?.scripts?.build);

/** Undefined for a folder that is no package (any more). */
function manifestOf(/** @type {string} */ name) {
  const path = join(root, 'packages', name, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** 0 for a file that is not there. */
const changeMs = (/** @type {string} */ file) =>
  statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestMs(/** @type {string[]} */ folders) {
  let newest = 0;
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return newest;
}

/** Path of a Chromium: from HOUSECOUNT_CHROMIUM, the system, or Debian (installed if this user may). */
export function setUpChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    say('installing Chromium for the browser tests (apt-get) …');
    run('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2] });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const installed = findChromium();
  if (installed) return installed;
  say(
    'the browser tests need Chromium: install it (Debian: apt-get install chromium) or set HOUSECOUNT_CHROMIUM.',
  );
  process.exit(1);
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(':');
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.HOUSECOUNT_CHROMIUM, ...candidates].find((path) => path && existsSync(path));
}

/** Programs that tests run, each with Debian's package and what it is for. Without one its tests say that they are skipped, or fail in CI. */
const testPrograms = [
  // Debian's redis-tools has the program under the other name, without the service of redis-server.
  {
    names: ['redis-server', 'redis-check-rdb'],
    variable: 'REDIS_SERVER',
    debian: 'redis-tools',
    groups: ['unit'],
  },
  { names: ['nginx'], debian: 'nginx', groups: ['server', 'browser'] },
  { names: ['caddy'], debian: 'caddy', groups: ['server'] },
  { names: ['promtool'], debian: 'prometheus', groups: ['server'] },
  { names: ['turnserver'], debian: 'coturn', groups: ['browser'] },
  // The tests use its library, with which a process has a wall clock that can be set.
  { names: ['faketime'], debian: 'faketime', groups: ['server'] },
  // Its verifier of units is run, never itself.
  { names: ['systemd-analyze'], debian: 'systemd', groups: ['server'] },
];

/** Installs the programs that the tests of these groups run, if this user may. */
export function setUpTestPrograms(/** @type {string[]} */ groups) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin'];
  const isThere = (/** @type {{ names: string[], variable?: string }} */ { names, variable }) =>
    (variable && process.env[variable]) ||
    names.some((name) => folders.some((folder) => existsSync(join(folder, name))));
  const missing = testPrograms.filter(
    (program) => program.groups.some((group) => groups.includes(group)) && !isThere(program),
  );
  if (missing.length === 0) return;
  const packages = missing.map(({ debian }) => debian);
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    say(`installing ${packages.join(', ')} for the tests (apt-get) …`);
    withoutServices(() => {
      /** @type {import('node:child_process').SpawnSyncOptions} */
      const options = {
        stdio: ['ignore', 'ignore', 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      };
      spawnSync('apt-get', ['update', '-qq'], options);
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
    });
  }
  for (const program of missing)
    if (!isThere(program))
      say(`${program.names[0]} is not there: tests are skipped (Debian: ${program.debian}).`);
}

/** Whose SQLite the tests of a store run over, where this Node has none. */
const newerNode = '22.23.3';

/** Path of a Node that has node:sqlite: this one, or one from npm. This one, too, if that cannot be had: its tests are then skipped. */
export function setUpNodeWithSqlite() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(root, 'node_modules/.cache/newer-node');
  const path = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(path)) {
    say(`installing Node ${newerNode} for the tests of a store (npm) …`);
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    spawnSync('npm', [...args, `${name}@${newerNode}`], { stdio: ['ignore', 'ignore', 2] });
  }
  return existsSync(path) ? path : process.execPath;
}

/** Packages that are installed meanwhile do not start their services: the tests start what they need. */
function withoutServices(/** @type {() => void} */ install) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy, { force: true });
  }
}
