// `npm test`: sets up what is missing, then every check and test; prints `N passed, N failed` last.
//   npm test                 everything
//   npm test -- unit         one or more groups: check, unit, server, browser, node
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { bunPath } from './bun.mjs';
import {
  root,
  setUpBuilds,
  setUpChromium,
  setUpNodeWithSqlite,
  setUpPackages,
  setUpTestPrograms,
} from './setup.mjs';
import { bunTests } from './test-groups.mjs';

await setUpPackages();
const bun = bunPath();
const tests = (/** @type {string[]} */ ...args) =>
  /** @type {[string, string[]]} */ ([bun, ['test', '--timeout', '120000', ...args]]);

/** @typedef {[title: string, command: string | (() => string), args: string[]]} Step */

/** @type {Record<string, Step[]>} */
const groups = {
  check: [
    ['lint and format', 'npx', ['biome', 'check', '--error-on-warnings', '.']],
    // Anew: an incremental build of TypeScript 7.0 may miss what a file of globals changes.
    ['types', 'npx', ['tsc', '-b', '--force']],
    ['walls', process.execPath, ['--test', 'scripts/architecture.test.mjs']],
  ],
  unit: [['unit tests', ...tests(...bunTests.unit)]],
  server: [['whole-server tests', ...tests(...bunTests.server)]],
  browser: [['real-browser tests', ...tests(...bunTests.browser)]],
  node: [
    [
      'SDK packages in Node',
      process.execPath,
      [
        '--test',
        'scripts/browsers.test.mjs',
        'scripts/node-smoke.test.mjs',
        'scripts/start.test.mjs',
        'scripts/dev.test.mjs',
        'scripts/install.test.mjs',
        'scripts/build-package.test.mjs',
      ],
    ],
    [
      'a store over the SQLite of Node',
      () => setUpNodeWithSqlite(),
      ['--test', 'scripts/node-sqlite.test.mjs'],
    ],
    ['packed packages', process.execPath, ['--test', 'scripts/pack.test.mjs']],
    ['public types', process.execPath, ['--test', 'tools/api/reports.test.mjs']],
    ['examples of the pages', process.execPath, ['--test', 'scripts/doc-snippets.test.mjs']],
    [
      'rules and their tests, changesets',
      process.execPath,
      ['--test', 'scripts/spec-rules.test.mjs', 'scripts/changesets.test.mjs'],
    ],
  ],
};

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (name in groups) continue;
  console.error(`unknown group ${name}: choose from ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}
const chosen = Object.entries(groups).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const env = { ...process.env };
if (chosen.some(([name]) => name === 'browser')) env.HOUSECOUNT_CHROMIUM = setUpChromium();
setUpTestPrograms(chosen.map(([name]) => name));
if (chosen.some(([name]) => name !== 'check')) setUpBuilds();

/**
 * What runs side by side, each lane in its order. The whole-server and browser tests mostly wait for time to pass: what computes has
 * the processor meanwhile, and lets them go first when they want it.
 */
const lanes = [
  { names: ['check', 'unit', 'node'], isComputing: true },
  { names: ['server'] },
  { names: ['browser'] },
];
/** How much computing gives way to the others: with each step of `nice` about a fifth. */
const computingNice = 5;

/**
 * Steps in the order in which they began, each with what it has printed that is not shown yet.
 * @type {{ text: string, isOver: boolean }[]}
 */
const unshown = [];

let passed = 0;
let failed = 0;
let skipped = 0;
/** @type {string[]} */
const broken = [];
await Promise.all(
  lanes.map(async ({ names, isComputing }) => {
    for (const [name, steps] of chosen) {
      if (!names.includes(name)) continue;
      for (const step of steps) await runStep(step, isComputing === true && chosen.length > 1);
    }
  }),
);
if (broken.length > 0) console.log(`\nfailed: ${broken.join(', ')}`);
// In CI everything that a test needs is installed: one that was skipped has tested nothing.
const isSkipWrong = skipped > 0 && Boolean(process.env.CI);
if (isSkipWrong) console.log('\nfailed: tests were skipped, which CI does not take');
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || broken.length > 0 || isSkipWrong ? 1 : 0);

/** Shows the output of one step at a time, so that each can be read: that of the first as it comes, that of the next once the first is over. */
function show(/** @type {string} */ title) {
  const step = { text: title, isOver: false };
  unshown.push(step);
  const write = (/** @type {Buffer | string} */ chunk) => {
    step.text += chunk;
    while (unshown.length > 0) {
      const [first] = unshown;
      process.stdout.write(first.text);
      first.text = '';
      if (!first.isOver) return;
      unshown.shift();
    }
  };
  write('');
  return {
    write,
    end() {
      step.isOver = true;
      write('');
    },
  };
}

async function runStep(/** @type {Step} */ [title, command, args], /** @type {boolean} */ isYielding) {
  const out = show(`\n── ${title}\n`);
  const run = typeof command === 'function' ? command() : command;
  const { status, output } = await stream(run, args, isYielding, out.write);
  out.end();
  // A runner's own counts, if it has any; a check is one test.
  const pass = count(output, /^ *(?:# |ℹ )?pass (\d+)$|^ *(\d+) pass$/gm);
  const fail = count(output, /^ *(?:# |ℹ )?fail (\d+)$|^ *(\d+) fail$/gm);
  skipped += count(output, /^ *(?:# |ℹ )?skipped (\d+)$|^ *(\d+) skip$/gm);
  const counted = pass + fail > 0;
  passed += counted ? pass : Number(status === 0);
  failed += counted ? fail : Number(status !== 0);
  if (status !== 0 && counted && fail === 0) failed += 1;
  if (status !== 0) broken.push(title);
}

function stream(
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {boolean} */ isYielding,
  /** @type {(chunk: Buffer | string) => void} */ write,
) {
  return new Promise((/** @type {(ended: { status: number, output: string }) => void} */ resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // What it starts inherits it.
    if (isYielding && child.pid !== undefined) setPriority(child.pid, computingNice);
    let output = '';
    const take = (/** @type {Buffer | string} */ chunk) => {
      output += chunk;
      write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ status: 1, output: error.message }));
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

function count(/** @type {string} */ output, /** @type {RegExp} */ pattern) {
  let total = 0;
  for (const match of output.matchAll(pattern)) total += Number(match[1] ?? match[2]);
  return total;
}
