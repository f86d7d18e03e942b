// A process that a test runs, and what it prints.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** A machine as busy as it may be is in time. */
const deadlineMs = 120_000;

/**
 * Starts it in the folder; it is told to end, and its end waited for, when the test is over. `line(pattern)` resolves with the groups of the first
 * line that matches, and rejects if the process ends without one; `ended()` with its status. What is not there in time rejects.
 */
export function start(
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ folder,
  /** @type {string[]} */ [command, ...args],
  options = {},
) {
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const closed = new Promise((resolve) => child.once('close', resolve));
  /** @type {string[]} */
  const said = [];
  /** @type {<Found>(wanted: Promise<Found>, what: string | RegExp) => Promise<Found>} */
  const inTime = (wanted, what) =>
    Promise.race([
      wanted,
      setTimeout(deadlineMs, undefined, { ref: false }).then(() => {
        throw new Error(`${command}: not in time: ${what}:\n${said.join('\n')}`);
      }),
    ]);
  const ended = () => inTime(closed, 'its end');
  const stop = () => {
    child.kill('SIGTERM');
    return ended();
  };
  t.after(stop);
  const waiting = new Set();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line);
      for (const look of waiting) look();
    });
  const lineOf = (/** @type {RegExp} */ pattern) =>
    new Promise((/** @type {(found: RegExpExecArray) => void} */ resolve, reject) => {
      const look = () => {
        const found = said.map((each) => pattern.exec(each)).find((each) => each !== null);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      // It never rejects: a process that ended is only told of.
      void closed.then((status) =>
        reject(new Error(`${command} ended with ${status}, without ${pattern}:\n${said.join('\n')}`)),
      );
    });
  return { line: (/** @type {RegExp} */ pattern) => inTime(lineOf(pattern), pattern), ended, said, stop };
}
