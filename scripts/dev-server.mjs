// The server of `npm run dev`: one process at a time, ended in order and started anew at the same port.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bunPath } from './setup/bun.mjs';
import { root } from './setup/setup.mjs';

/** What the server says first, as text and as JSON. */
const listening = /listening(?: on |":")([^\s"]+)[\s"]/;

/** Starts `housecount serve` with these arguments. `url` resolves when it first listens; `say` tells of what goes wrong. */
export function startDevServer(/** @type {string[]} */ args, /** @type {(text: string) => void} */ say) {
  const bun = bunPath();
  // The server writes to a pipe, and could not tell that its log is read in a terminal.
  const logFormat = process.stderr.isTTY ? { HOUSECOUNT_LOG_FORMAT: 'pretty' } : {};
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  let isWanted = true;
  /** @type {(url: string) => void} */
  let tellUrl = () => {};
  const url = new Promise((resolve) => {
    tellUrl = resolve;
  });
  /**
   * Later starts listen where the first did, so that open pages come back.
   * @type {string[]}
   */
  let portOption = [];

  function start() {
    // The pipe on descriptor 3 ends with this process, however that ends, and the server ends with it.
    const started = spawn(bun, [join(root, 'packages/cli/src/main.ts'), 'serve', ...args, ...portOption], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...logFormat, ...process.env, HOUSECOUNT_LAUNCHER: '3' },
    });
    child = started;
    // What to try next is said once.
    const isFirst = portOption.length === 0;
    let out = '';
    started.stdout?.on('data', (chunk) => {
      if (!isFirst) return;
      process.stdout.write(chunk);
      out += chunk;
      const found = listening.exec(out)?.[1];
      if (found === undefined) return;
      portOption = ['--port', new URL(found).port || (found.startsWith('https:') ? '443' : '80')];
      tellUrl(found);
    });
    started.stderr?.on('data', (chunk) =>
      process.stderr.write(isFirst ? chunk : String(chunk).replace(/\n {2}(Development|Console)[\s\S]*/, '')),
    );
    started.on('error', (error) => say(`the server could not be started: ${error.message}`));
    started.on('close', (status) => {
      child = undefined;
      if (isWanted && !isRestarting)
        return say(`the server ended (${status}); it starts again at the next change`);
      isRestarting = false;
      if (isWanted) start();
    });
  }

  let isRestarting = false;
  start();
  return {
    url,
    restart() {
      if (child === undefined) return start();
      isRestarting = true;
      child.kill('SIGTERM');
    },
    /** Resolves when the server has said goodbye and ended. */
    end() {
      isWanted = false;
      if (child === undefined) return Promise.resolve();
      child.kill('SIGTERM');
      const ending = child;
      return new Promise((resolve) => ending.once('close', resolve));
    },
  };
}
