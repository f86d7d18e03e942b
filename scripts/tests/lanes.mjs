// Steps of `npm test`: commands that run in lanes side by side, are shown one at a time, and whose tests are counted.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** @typedef {[title: string, command: string, args: string[]]} Step */
/** @typedef {{ steps: Step[], isYielding?: boolean }} Lane Its steps run in their order; lanes that are given the same list share it, each takes the next. What yields lets the other lanes go first when they want the processor. */
/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, write?: (text: string) => void }} Place */
/** @typedef {{ passed: number, failed: number, skipped: number, broken: string[] }} Result How many tests there were of each outcome, and the titles of the steps that failed. */

/** How much what yields gives way to the others: with each step of `nice` about a fifth. */
const yieldingNice = 5;
/** @type {NodeJS.Signals[]} */
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs the steps of these lanes. A signal ends what runs, shows all that was printed, and then ends this process.
 * @returns {Promise<Result>}
 */
export async function runLanes(
  /** @type {Lane[]} */ lanes,
  /** @type {Place} */ { write = (text) => process.stdout.write(text), ...place } = {},
) {
  const output = new Output(write);
  /** @type {Result} */
  const result = { passed: 0, failed: 0, skipped: 0, broken: [] };
  /** @type {Set<number>} */
  const running = new Set();
  /** @type {NodeJS.Signals | undefined} */
  let ended;
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    ended = signal;
    output.showAll();
    for (const pid of [...running].flatMap(family)) endOne(pid, signal);
  };
  // Once: whoever does not want to wait for what runs sends it again.
  for (const signal of endSignals) process.once(signal, end);
  const runStep = async (/** @type {Step} */ [title, command, args], /** @type {boolean} */ isYielding) => {
    const out = output.begin(`\n── ${title}\n`);
    let run = { status: 1, text: '' };
    try {
      run = await stream(command, args, { ...place, isYielding, running, write: out.write });
    } catch (error) {
      out.write(`${command} could not be started: ${error instanceof Error ? error.message : error}\n`);
    }
    out.end();
    add(result, title, run);
  };
  const left = new Map(lanes.map(({ steps }) => [steps, [...steps]]));
  await Promise.all(
    lanes.map(async ({ steps, isYielding = false }) => {
      const next = () => (ended ? undefined : left.get(steps)?.shift());
      for (let step = next(); step; step = next()) await runStep(step, isYielding);
    }),
  );
  for (const signal of endSignals) process.off(signal, end);
  if (ended) process.kill(process.pid, ended);
  return result;
}

/** Shows the output of one step at a time, so that each can be read: that of the first as it comes, that of the next once the first is over. */
class Output {
  #write;
  /**
   * Steps in the order in which they began, each with what it has printed that is not shown yet.
   * @type {{ text: string, isOver: boolean }[]}
   */
  #unshown = [];

  constructor(/** @type {(text: string) => void} */ write) {
    this.#write = write;
  }

  begin(/** @type {string} */ title) {
    const step = { text: title, isOver: false };
    this.#unshown.push(step);
    this.#show();
    return {
      write: (/** @type {string} */ chunk) => {
        step.text += chunk;
        this.#show();
      },
      end: () => {
        step.isOver = true;
        this.#show();
      },
    };
  }

  /** Shows what every step has printed until now. */
  showAll() {
    for (const step of this.#unshown) {
      this.#write(step.text);
      step.text = '';
    }
  }

  #show() {
    while (this.#unshown.length > 0) {
      const [first] = this.#unshown;
      if (first.text !== '') this.#write(first.text);
      first.text = '';
      if (!first.isOver) return;
      this.#unshown.shift();
    }
  }
}

/** Resolves when the command has ended, with its status and what it printed. @throws Error it could not be started */
function stream(
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {Place & { isYielding: boolean, running: Set<number>, write: (chunk: string) => void }} */ {
    cwd,
    env,
    isYielding,
    running,
    write,
  },
) {
  return new Promise((/** @type {(ended: { status: number, text: string }) => void} */ resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', reject);
    const { pid } = child;
    if (pid === undefined) return;
    running.add(pid);
    if (isYielding) giveWay(pid);
    let text = '';
    const take = (/** @type {string} */ chunk) => {
      text += chunk;
      write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('exit', () => running.delete(pid));
    child.on('close', (status, signal) => {
      if (signal) write(`ended by ${signal}\n`);
      resolve({ status: status ?? 1, text });
    });
  });
}

/** What the process starts inherits it. */
function giveWay(/** @type {number} */ pid) {
  try {
    setPriority(pid, yieldingNice);
  } catch {
    // It is over already, or may not: then it goes on like the others.
  }
}

/**
 * A process and those that it has started, and they. Only Linux tells: elsewhere it is the process alone.
 * @returns {number[]}
 */
function family(/** @type {number} */ pid) {
  /** @type {number[]} */
  const children = [];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      children.push(
        ...readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').map(Number),
      );
  } catch {
    // It is gone, or this is no Linux.
  }
  return [pid, ...children.filter((each) => each > 0).flatMap(family)];
}

function endOne(/** @type {number} */ pid, /** @type {NodeJS.Signals} */ signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Adds a step to the result: with its runner's own counts, if it has any; a check is one test. */
function add(
  /** @type {Result} */ result,
  /** @type {string} */ title,
  /** @type {{ status: number, text: string }} */ { status, text },
) {
  const pass = count(text, /^ *(?:# |ℹ )?pass (\d+)$|^ *(\d+) pass$/gm);
  const fail = count(text, /^ *(?:# |ℹ )?fail (\d+)$|^ *(\d+) fail$/gm);
  result.skipped += count(text, /^ *(?:# |ℹ )?skipped (\d+)$|^ *(\d+) skip$/gm);
  const counted = pass + fail > 0;
  result.passed += counted ? pass : Number(status === 0);
  result.failed += counted ? fail : Number(status !== 0);
  if (status === 0) return;
  if (counted && fail === 0) result.failed += 1;
  result.broken.push(title);
}

function count(/** @type {string} */ output, /** @type {RegExp} */ pattern) {
  let total = 0;
  for (const match of output.matchAll(pattern)) total += Number(match[1] ?? match[2]);
  return total;
}
