// `npm ci` with its progress told: npm itself is silent wherever it does not own a terminal, and a slow network takes minutes.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often progress is told, milliseconds. Chosen: often enough to be trusted, seldom enough for a log. */
const tellMs = 3_000;
/** @type {NodeJS.Signals[]} */
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @typedef {{ packages: Record<string, { link?: boolean, os?: string[], cpu?: string[], libc?: string[] }> }} Lock */
/** @typedef {{ platform: string, arch: string, isMusl: boolean }} Machine */

/** Folders of the packages that `npm ci` installs on this machine, from the root of the project. */
export function expectedPackages(
  /** @type {Lock} */ lock,
  /** @type {Machine} */ { platform, arch, isMusl },
) {
  const fits = (/** @type {string[] | undefined} */ list, /** @type {string} */ value) =>
    !list || (list.includes(value) && !list.includes(`!${value}`));
  return Object.entries(lock.packages)
    .filter(([folder, { link, os, cpu, libc }]) => {
      const here = fits(os, platform) && fits(cpu, arch) && fits(libc, isMusl ? 'musl' : 'glibc');
      return folder.includes('node_modules/') && !link && here;
    })
    .map(([folder]) => folder);
}

/** Is this a Linux with that C library? Packages with compiled code name theirs. */
export function usesMusl() {
  /** @type {any} */
  const report = process.report.getReport();
  return process.platform === 'linux' && !report.header.glibcVersionRuntime;
}

/** Runs `npm ci` in `root`, says every few seconds how far it is, and resolves with its exit status. A signal ends both. */
export async function installPackages(/** @type {string} */ root, /** @type {(text: string) => void} */ say) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { platform, arch } = process;
  const isMusl = usesMusl();
  const expected = expectedPackages(
    /** @type {Lock} */ lock,
    /** @type {Machine} */ { platform, arch, isMusl },
  );
  const startMs = performance.now();
  const seconds = () => Math.round((performance.now() - startMs) / 1_000);
  say(`installing ${expected.length} packages (npm ci) …`);
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  const timer = setInterval(() => {
    const there = expected.filter((folder) => existsSync(join(root, folder, 'package.json'))).length;
    say(`${there} of ${expected.length} packages are there after ${seconds()} s`);
  }, tellMs);
  // Whoever ends this process ends npm: what went on unseen would be in the way of the next try.
  /** @type {NodeJS.Signals | undefined} */
  let ended;
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    ended = signal;
    npm.kill(signal);
  };
  for (const signal of endSignals) process.on(signal, end);
  const status = await new Promise((resolve) => {
    npm.on('error', (error) => {
      say(`npm could not be started: ${error.message}`);
      resolve(1);
    });
    npm.on('close', (code) => resolve(code ?? 1));
  });
  clearInterval(timer);
  for (const signal of endSignals) process.off(signal, end);
  if (ended) {
    say('stopped while it installed; the next start begins anew');
    process.kill(process.pid, ended);
  }
  if (status === 0) say(`the packages are installed (${seconds()} s)`);
  return status;
}
