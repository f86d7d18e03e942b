// `npm ci` with its progress told: npm itself is silent wherever it does not own a terminal, and a slow network takes minutes.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often progress is told, milliseconds. Chosen: often enough to be trusted, seldom enough for a log. */
const tellMs = 3_000;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Folders of the packages that `npm ci` installs on this machine, from the root of the project. */
export function expectedPackages(lock, { platform, arch, isMusl }) {
  const fits = (list, value) => !list || (list.includes(value) && !list.includes(`!${value}`));
  return Object.entries(lock.packages)
    .filter(([folder, { link, os, cpu, libc }]) => {
      const here = fits(os, platform) && fits(cpu, arch) && fits(libc, isMusl ? 'musl' : 'glibc');
      return folder.includes('node_modules/') && !link && here;
    })
    .map(([folder]) => folder);
}

/** Runs `npm ci` in `root`, says every few seconds how far it is, and resolves with its exit status. A signal ends both. */
export async function installPackages(root, say) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const expected = expectedPackages(lock, { platform, arch, isMusl });
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
  let ended;
  const end = (signal) => {
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
