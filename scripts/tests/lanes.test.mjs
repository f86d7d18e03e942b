import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from '../setup/setup.mjs';
import { filesBelow } from '../spec-rules.mjs';
import { runLanes } from './lanes.mjs';
import { bunTests } from './test-groups.mjs';
import { until } from './until.mjs';

/** @returns {import('./lanes.mjs').Step} */
const node = (/** @type {string} */ title, /** @type {string} */ code) => [
  title,
  process.execPath,
  ['--input-type=commonjs', '--eval', code],
];

/** Runs these lanes, and resolves to their result with what was shown. */
async function shownBy(/** @type {import('./lanes.mjs').Lane[]} */ ...lanes) {
  let shown = '';
  const result = await runLanes(lanes, {
    write: (text) => {
      shown += text;
    },
  });
  return { ...result, shown };
}

test('PROJ11: a step counts as many tests as its runner says, and as one without', async () => {
  const { shown, ...result } = await shownBy({
    steps: [
      node('Bun', `console.log(' 3 pass\\n 1 skip\\n 2 fail'); process.exit(1)`),
      node('Node', `console.log('ℹ pass 4\\nℹ fail 0\\nℹ skipped 1')`),
      node('a check', ''),
      node('a runner that fails after its tests', `console.log(' 1 pass\\n 0 fail'); process.exit(1)`),
    ],
  });
  assert.deepEqual(result, {
    passed: 9,
    failed: 3,
    skipped: 2,
    broken: ['Bun', 'a runner that fails after its tests'],
  });
  assert.match(shown, /── Bun\n 3 pass[\s\S]+── Node\nℹ pass 4/);
});

test('PROJ11: a step that cannot be run has failed and says why, and the others go on', async () => {
  const { shown, ...result } = await shownBy(
    {
      steps: [
        ['not there', '/no/such/program', []],
        ['no argument', process.execPath, ['\0']],
        node('after them', ''),
      ],
      isYielding: true,
    },
    {
      steps: [
        node('beside them', `console.log('went on')`),
        node('killed', `process.kill(process.pid, 'SIGKILL')`),
      ],
    },
  );
  assert.deepEqual(
    { ...result, broken: result.broken.sort() },
    { passed: 2, failed: 3, skipped: 0, broken: ['killed', 'no argument', 'not there'] },
  );
  assert.match(shown, /── not there\n\/no\/such\/program could not be started: .*ENOENT/);
  assert.match(shown, /── no argument\n.* could not be started: .*null bytes/);
  assert.match(shown, /── beside them\nwent on/);
  assert.match(shown, /── killed\nended by SIGKILL/);
});

test('PROJ11: lanes that share a list take from it what is next, each step once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-lanes-'));
  const file = join(folder, 'last');
  // The first step ends after the last: the other lane has taken those between.
  const waits = `const { existsSync } = require('node:fs');
    const look = setInterval(() => existsSync(${JSON.stringify(file)}) && clearInterval(look), 20);`;
  const last = `require('node:fs').writeFileSync(${JSON.stringify(file)}, '')`;
  const steps = [node('waits', waits), node('between', ''), node('last', last)];
  try {
    const { shown, passed } = await shownBy({ steps }, { steps });
    assert.equal(passed, 3);
    assert.deepEqual(shown.match(/(?<=── ).*/g), ['waits', 'between', 'last']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('PROJ11: every test file that runs in Bun is of one step', () => {
  const paths = Object.values(bunTests).flatMap((steps) => Object.values(steps).flat());
  const files = [...filesBelow(join(root, 'packages')), ...filesBelow(join(root, 'bench'))]
    .map((file) => relative(root, file))
    .filter((file) => /\.test\.tsx?$/.test(file));
  assert.ok(files.length > 300, `only ${files.length} test files were found`);
  const times = (/** @type {string} */ file) => paths.filter((path) => file.startsWith(`${path}/`)).length;
  assert.deepEqual(
    files.filter((file) => times(file) !== 1),
    [],
  );
});

test('PROJ11: a signal ends all that runs, shows what is not shown yet, and ends the runner', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-lanes-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  /** A step that says that it is there, and stays. */
  const stays = (/** @type {string} */ name) =>
    node(
      name,
      `console.log('${name} has begun');
       const { renameSync, writeFileSync } = require('node:fs');
       writeFileSync('${name}.new', String(process.pid));
       renameSync('${name}.new', '${name}');
       setInterval(() => {}, 1000);`,
    );
  const [, command, args] = stays('grandchild');
  const parent = node(
    'second',
    `console.log('second has failed');
     require('node:child_process').spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { stdio: 'inherit' });`,
  );
  const lanes = [{ steps: [stays('first'), stays('never')] }, { steps: [parent] }];
  const code = `import { runLanes } from ${JSON.stringify(new URL('./lanes.mjs', import.meta.url).href)};
    await runLanes(${JSON.stringify(lanes)});`;
  const runner = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => runner.kill('SIGKILL'));
  let shown = '';
  runner.stdout.setEncoding('utf8').on('data', (chunk) => {
    shown += chunk;
  });
  const names = ['first', 'grandchild'];
  await until('the steps run', () => names.every((name) => existsSync(join(folder, name))));
  const pids = names.map((name) => Number(readFileSync(join(folder, name), 'utf8')));
  t.after(() => {
    for (const pid of pids.filter(isThere)) process.kill(pid, 'SIGKILL');
  });
  assert.doesNotMatch(shown, /second/);
  const ended = once(runner, 'close');
  runner.kill('SIGTERM');
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  assert.match(shown, /second has failed/);
  assert.doesNotMatch(shown, /never/);
  // Only Linux tells which processes a step has started.
  const gone = process.platform === 'linux' ? pids : pids.slice(0, 1);
  await until('the steps are gone', () => !gone.some(isThere));
});

function isThere(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
