// `npm run coverage`: which lines of the sources the tests run, by folder. Prints a table and says where the whole report is.
//   npm run coverage                               the unit tests
//   npm run coverage -- unit server                groups, merged
//   npm run coverage packages/server/src/channel   the tests below a path
//   npm run coverage -- --to DIR                   the report in another folder than coverage/, which is begun anew
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bunPath } from './setup/bun.mjs';
import { root, setUpBuilds, setUpPackages, setUpTestPrograms } from './setup/setup.mjs';
import { filesBelow } from './spec-rules.mjs';
import { bunTests } from './tests/test-groups.mjs';
import { isProduct } from './walls/walls.mjs';

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { to: { type: 'string', default: 'coverage' } },
});
await setUpPackages();
const groups = wanted.filter((name) => name in bunTests);
const paths = wanted.filter((name) => !(name in bunTests));
if (wanted.length === 0) groups.push('unit');
if (groups.length > 0) {
  setUpTestPrograms(groups);
  setUpBuilds();
}

const folder = resolve(root, values.to);
rmSync(folder, { recursive: true, force: true });
/** @type {(readonly [name: string, args: string[]])[]} */
const runs = [
  ...groups.map(
    (name) =>
      /** @type {const} */ ([
        name,
        Object.values(bunTests[/** @type {keyof typeof bunTests} */ (name)]).flat(),
      ]),
  ),
  ...(paths.length > 0 ? [/** @type {const} */ (['paths', paths])] : []),
];
const reports = [];
let status = 0;
for (const [name, args] of runs) {
  const output = join(folder, name);
  const options = ['--timeout', '120000', '--coverage', '--coverage-reporter=lcov', '--coverage-dir', output];
  const run = spawnSync(bunPath(), ['test', ...options, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (run.status !== 0) status = 1;
  reports.push(readFileSync(join(output, 'lcov.info'), 'utf8'));
}

/**
 * Times each line ran, by file: those of all reports together.
 * @type {Map<string, Map<number, number>>}
 */
const files = new Map();
for (const report of reports) {
  /** @type {Map<number, number>} */
  let lines = new Map();
  for (const row of report.split('\n')) {
    const [, path] = /^SF:(.*)$/.exec(row) ?? [];
    if (path) {
      lines = files.get(path) ?? new Map();
      files.set(path, lines);
    }
    const [, line, times] = /^DA:(\d+),(\d+)/.exec(row) ?? [];
    if (line) lines.set(Number(line), (lines.get(Number(line)) ?? 0) + Number(times));
  }
}
const isSource = (/** @type {string} */ path) =>
  /^packages\/.*\.tsx?$/.test(path) && !path.endsWith('.d.ts') && isProduct(path);
const sources = [...files].filter(([path]) => isSource(path)).sort(([a], [b]) => (a < b ? -1 : 1));
const ranOf = (/** @type {Map<number, number>} */ lines) =>
  [...lines.values()].filter((times) => times > 0).length;

mkdirSync(folder, { recursive: true });
const lcov = sources.map(([path, lines]) =>
  [
    `SF:${path}`,
    ...[...lines].sort(([a], [b]) => a - b).map(([line, times]) => `DA:${line},${times}`),
    `LF:${lines.size}`,
    `LH:${ranOf(lines)}`,
    'end_of_record',
  ].join('\n'),
);
writeFileSync(join(folder, 'lcov.info'), `${lcov.join('\n')}\n`);

/** @typedef {{ lines: number, ran: number, files: number, unloaded: number }} Row */

/**
 * One row per folder; of files that no test loads there are no lines to count.
 * @type {Map<string, Row>}
 */
const folders = new Map();
const rowOf = (/** @type {string} */ path) => {
  const name = dirname(path)
    .replace('/src', '')
    .replace(/^packages\//, '');
  const row = folders.get(name) ?? { lines: 0, ran: 0, files: 0, unloaded: 0 };
  folders.set(name, row);
  return row;
};
for (const [path, lines] of sources) {
  const row = rowOf(path);
  row.files += 1;
  row.lines += lines.size;
  row.ran += ranOf(lines);
}
const isAsked = (/** @type {string} */ path) =>
  paths.length === 0 || paths.some((part) => path.includes(part.replace(/^\.\//, '')));
for (const path of filesBelow(join(root, 'packages')))
  if (isSource(relative(root, path)) && isAsked(relative(root, path)) && !files.has(relative(root, path)))
    rowOf(relative(root, path)).unloaded += 1;

const percent = (/** @type {Row} */ { ran, lines }) =>
  lines === 0 ? '-' : `${((100 * ran) / lines).toFixed(1)} %`;
const all = { lines: 0, ran: 0, files: 0, unloaded: 0 };
const print = (/** @type {string} */ name, /** @type {Row} */ row) =>
  console.log(
    `${name.padEnd(34)}${percent(row).padStart(9)}${String(row.ran).padStart(9)} /${String(row.lines).padStart(6)}${String(row.files).padStart(7)}${String(row.unloaded || '').padStart(12)}`,
  );
console.log(
  `\n${'folder'.padEnd(34)}${'lines'.padStart(9)}${'ran / all'.padStart(17)}${'files'.padStart(7)}${'not loaded'.padStart(12)}`,
);
for (const [name, row] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
  print(name, row);
  for (const key of /** @type {(keyof Row)[]} */ (Object.keys(all))) all[key] += row[key];
}
print('all', all);
console.log(`
By line: ${join(values.to, 'lcov.info')} (for an editor, or genhtml). What runs in a process of its own is not counted: servers
that tests start, the media engine, pages in a browser. Not loaded: no test loads the file, or it holds types alone.`);
process.exit(status);
