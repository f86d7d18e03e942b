#!/usr/bin/env node
// Finds the pinned Bun and runs the command line in it. Signals reach it once each, and its exit status is this one's.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
// The repository's sources are run, so that nothing has to be built after a change; an installed package has a bundle instead.
const main = existsSync(at('../src/main.ts')) ? at('../src/main.ts') : at('../dist/housecount.js');
/** The stub that stands in the `bun` package until its install script ran is smaller; the program is about 100 MB. */
const programBytesMin = 1_000_000;

/** Interval of the checks that npx still runs, milliseconds. */
const parentLookMs = 500;

function findBun() {
  const require = createRequire(import.meta.url);
  const candidates = [];
  for (const folder of require.resolve.paths('bun') ?? []) {
    candidates.push(join(folder, 'bun', 'bin', 'bun.exe'), join(folder, 'bun', 'bin', 'bun'));
    const { platform, arch } = process;
    /** @type {Partial<Record<typeof platform, string>>} */
    const systems = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
    const system = systems[platform] ?? platform;
    const machine = arch === 'arm64' ? 'aarch64' : arch;
    for (const kind of ['', '-musl', '-baseline', '-musl-baseline'])
      for (const name of ['bun', 'bun.exe'])
        candidates.push(join(folder, '@oven', `bun-${system}-${machine}${kind}`, 'bin', name));
  }
  return candidates.find((path) => existsSync(path) && statSync(path).size > programBytesMin);
}

if (process.versions.bun) {
  await import(main);
} else {
  const bun = findBun();
  if (bun === undefined) {
    process.stderr.write(
      `housecount needs the npm package "bun", which brings the Bun runtime; it is missing beside ${dirname(main)}.\nRun: npm install\n`,
    );
    process.exit(1);
  }
  // The server has a process group of its own, so that Ctrl-C in a terminal reaches it once, from here, and not twice. The pipe on descriptor 3
  // ends when this process does, however it ends: the server then ends as well, and is not left behind.
  const child = spawn(bun, [main, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    detached: true,
    env: { ...process.env, HOUSECOUNT_LAUNCHER: '3' },
  });
  for (const signal of /** @type {NodeJS.Signals[]} */ ([
    'SIGINT',
    'SIGTERM',
    'SIGHUP',
    'SIGQUIT',
    'SIGUSR1',
    'SIGUSR2',
  ]))
    process.on(signal, () => child.kill(signal));
  // A signal to npx ends npx and the shell between, and does not come here: the command would go on with nobody to stop it.
  const parent = process.ppid;
  if (process.env.npm_command === 'exec')
    setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, parentLookMs).unref();
  child.on('error', (error) => {
    process.stderr.write(`housecount could not start ${bun}: ${error.message}\n`);
    process.exit(1);
  });
  const terminal = [0, 1, 2].find(isatty);
  child.on('exit', (status, signal) => {
    // Node aborts when it exits and its terminal is gone: end as one does whose terminal was closed.
    const isHungUp = terminal !== undefined && !isatty(terminal);
    if (signal === null && isHungUp) signal = 'SIGHUP';
    if (signal === null) process.exit(status ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
