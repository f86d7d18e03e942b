// `npm test`: sets up what is missing, then every check and test; prints `N passed, N failed` last.
//   npm test                 everything
//   npm test -- unit         one or more groups: check, unit, server, browser, node
import { bunPath } from './setup/bun.mjs';
import { endWithNpm } from './setup/ends-with-npm.mjs';
import {
  root,
  setUpBuilds,
  setUpChromium,
  setUpNodeWithSqlite,
  setUpPackages,
  setUpTestPrograms,
} from './setup/setup.mjs';
import { runLanes } from './tests/lanes.mjs';
import { bunTests } from './tests/test-groups.mjs';

endWithNpm();
await setUpPackages();
const wanted = process.argv.slice(2);
const isWanted = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
const bun = bunPath();
const tests = (/** @type {keyof typeof bunTests} */ group) =>
  Object.entries(bunTests[group]).map(
    ([title, args]) =>
      /** @type {import('./tests/lanes.mjs').Step} */ ([
        title,
        bun,
        ['test', '--timeout', '120000', ...args],
      ]),
  );

/** @type {Record<string, import('./tests/lanes.mjs').Step[]>} */
const groups = {
  check: [
    ['lint and format', 'npx', ['biome', 'check', '--error-on-warnings', '.']],
    // Anew: an incremental build of TypeScript 7.0 may miss what a file of globals changes.
    ['types', 'npx', ['tsc', '-b', '--force']],
    ['walls', process.execPath, ['--test', 'scripts/architecture.test.mjs']],
  ],
  unit: tests('unit'),
  server: tests('server'),
  browser: tests('browser'),
  node: [
    [
      'SDK packages in Node',
      process.execPath,
      [
        '--test',
        'scripts/build/browsers.test.mjs',
        'scripts/tests/node-smoke.test.mjs',
        'scripts/start.test.mjs',
        'scripts/dev.test.mjs',
        'scripts/setup/install.test.mjs',
        'scripts/build/build-package.test.mjs',
        'scripts/tests/lanes.test.mjs',
      ],
    ],
    [
      'a store over the SQLite of Node',
      isWanted('node') ? setUpNodeWithSqlite() : process.execPath,
      ['--test', 'scripts/tests/node-sqlite.test.mjs'],
    ],
    ['packed packages', process.execPath, ['--test', 'scripts/pack.test.mjs']],
    ['public types', process.execPath, ['--test', 'tools/api/reports.test.mjs']],
    ['examples of the pages', process.execPath, ['--test', 'scripts/tests/doc-snippets.test.mjs']],
    [
      'rules and their tests, changesets',
      process.execPath,
      ['--test', 'scripts/spec-rules.test.mjs', 'scripts/tests/changesets.test.mjs'],
    ],
  ],
};

for (const name of wanted) {
  if (name in groups) continue;
  console.error(`unknown group ${name}: choose from ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}
const chosen = Object.entries(groups).filter(([name]) => isWanted(name));
const env = { ...process.env };
if (chosen.some(([name]) => name === 'browser')) env.HOUSECOUNT_CHROMIUM = setUpChromium();
setUpTestPrograms(chosen.map(([name]) => name));
if (chosen.some(([name]) => name !== 'check')) setUpBuilds();

const stepsOf = (/** @type {string[]} */ ...names) =>
  chosen.flatMap(([name, steps]) => (names.includes(name) ? steps : []));
// The whole-server and browser tests mostly wait for time to pass: what computes has the processor meanwhile, and lets them go first
// when they want it. Two lanes take them from one list, the longest first, so that both are over at about the same time.
const computing = stepsOf('check', 'unit', 'node');
const [longest, ...others] = stepsOf('server');
const waiting = [...(longest ? [longest] : []), ...stepsOf('browser'), ...others];
const { passed, failed, skipped, broken } = await runLanes(
  [{ steps: computing, isYielding: waiting.length > 0 }, { steps: waiting }, { steps: waiting }],
  { cwd: root, env },
);
if (broken.length > 0) console.log(`\nfailed: ${broken.join(', ')}`);
// In CI everything that a test needs is installed: one that was skipped has tested nothing.
const isSkipWrong = skipped > 0 && Boolean(process.env.CI);
if (isSkipWrong) console.log('\nfailed: tests were skipped, which CI does not take');
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || broken.length > 0 || isSkipWrong ? 1 : 0);
