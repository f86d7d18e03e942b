// The walls hold: between projects and their globals, between rooms, and against circles. Each is tried with what it must refuse.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { after, test } from 'node:test';
import { root } from './setup/setup.mjs';
import { collaborators, collaboratorsMax } from './walls/collaborators.mjs';
import { linesOfFunctionMax, longFunctions } from './walls/long-functions.mjs';
import { breaches, floors, importsOf, never, placeOf } from './walls/walls.mjs';

const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !path.endsWith('.d.ts'));
const isSource = (/** @type {string} */ path) => !/\.test\.[cm]?[jt]sx?$/.test(path);
const textOf = (/** @type {string} */ path) => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return ''; // It was deleted, and git does not know yet.
  }
};
const files = new Map(paths.map((path) => [path, textOf(path)]));

/** @type {string[]} */
const folders = [];
const temporary = (/** @type {string} */ folder) => {
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Where code runs, and what it must not see there. Each line is a program that must be refused.
 * @type {Record<string, string[]>}
 */
const refusedGlobals = {
  protocol: ['process.pid', 'Bun.version', 'window', 'document', 'fetch', 'setTimeout', 'Buffer.alloc(1)'],
  webhook: ['process.pid', 'Bun.version', 'window', 'document', 'WebSocket', 'Buffer.alloc(1)'],
  client: ['process.pid', 'Bun.version', 'window', 'document'],
  browser: ['process.pid', 'Bun.version', 'Buffer.alloc(1)', 'setImmediate'],
  server: ['window', 'document', 'new Image()', 'RTCPeerConnection'],
  tests: ['window', 'document'],
  scripts: ['window', 'document', 'Bun.version'],
  pages: ['process.pid', 'Bun.version'],
};
const seenGlobals = {
  protocol: ['new TextEncoder()'],
  webhook: ['crypto.subtle', 'fetch', 'new TextDecoder()'],
  client: ['fetch', 'new TextEncoder()'],
  browser: ['window', 'document', 'fetch'],
  server: ['process.pid', 'Bun.version', 'fetch', 'Buffer.alloc(1)'],
  tests: ['process.pid', 'Bun.version'],
  'browser-tests': ['window', 'Bun.version', 'process.pid'],
  scripts: ['process.pid', 'fetch'],
  pages: ['window', 'document'],
};

test('HOUSE1: the server does not see the DOM, an SDK neither Bun nor Node, protocol and webhook see neither', () => {
  for (const [project, seen] of Object.entries(seenGlobals)) {
    const refused = refusedGlobals[project] ?? [];
    const folder = temporary(join(root, 'node_modules/.cache/housecount-walls', project));
    mkdirSync(folder, { recursive: true });
    const lines = [...seen, ...refused].map((code, index) => `export const planted${index} = ${code};`);
    writeFileSync(join(folder, 'planted.ts'), lines.join('\n'));
    const own = JSON.parse(textOf(`tsconfig/${project}.json`).replace(/^\s*\/\/.*$/gm, ''));
    const globals = own.include.filter((/** @type {string} */ path) => path.startsWith('./platform/'));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig', `${project}.json`),
        compilerOptions: {
          composite: false,
          emitDeclarationOnly: false,
          noEmit: true,
          rootDir: root,
          tsBuildInfoFile: null,
        },
        include: ['planted.ts', ...globals.map((/** @type {string} */ path) => join(root, 'tsconfig', path))],
        references: [],
      }),
    );
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    const wrong = [...stdout.matchAll(/planted\.ts\((\d+),/g)].map(([, line]) => Number(line) - 1);
    assert.deepEqual(
      [...new Set(wrong)],
      refused.map((/** @type {unknown} */ _, /** @type {number} */ index) => seen.length + index),
      `${project}:\n${stdout}`,
    );
  }
});

test('HOUSE2: no part imports what it must not, and each wall refuses what is planted behind it', () => {
  assert.deepEqual(breaches(files), []);
  const src = 'packages/server/src';
  const planted = [
    [`${src}/channel/planted.ts`, `import '../clock.ts';`],
    [`${src}/channel/planted.ts`, `import { readFile } from 'node:fs/promises';`],
    [`${src}/channel/planted.ts`, 'export const now = () => Date.now();'],
    [`${src}/channel/planted.ts`, 'export const any = () => Math.random();'],
    [`${src}/channel/planted.ts`, 'export const later = async () => {};'],
    // Neither hides what stands between them, nor does a template.
    [`${src}/channel/planted.ts`, `export const now = ['/a/*', Date.now(), '*/'];`],
    [`${src}/channel/planted.ts`, `export const now = \`it's \${Date.now()}, isn't it\`;`],
    [`${src}/log/planted.ts`, `import type { Notify } from '../notify/notify.ts';`],
    [`${src}/log/planted.ts`, `import { openHistory } from '../ledger/history/history.ts';`],
    [`${src}/engine/planted.ts`, `import type { LogRecord } from '../log/record/record.ts';`],
    [`${src}/media/planted.ts`, `import type { Log } from '../log/open-log.ts';`],
    [`${src}/net/planted.ts`, `import '../live/connection.ts';`],
    [`${src}/live/planted.ts`, `import '../signaling/signaling.ts';`],
    [`${src}/live/planted.ts`, `import { apply } from '../channel/apply.ts';`],
    [`${src}/live/planted.ts`, `import { decideJoin } from '../log/decide/join.ts';`],
    [`${src}/live/planted.ts`, `import { Draft } from '../log/state/draft.ts';`],
    [`${src}/signaling/planted.ts`, `const { later } = await import('../api/routes.ts');`],
    [`${src}/signaling/planted.ts`, `import '../whip/service.ts';`],
    [`${src}/whip/planted.ts`, `import type { Log } from '../log/contract/log.ts';`],
    [`${src}/api/planted.ts`, `import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';`],
    [`${src}/api/planted.ts`, `import { configFrom } from '../config/load.ts';`],
    [`${src}/observe/planted.ts`, `export { verify } from '../token/verify.ts';`],
    [`${src}/live/planted.ts`, `import { Client } from '../../testing/clients/client.ts';`],
    [`${src}/planted/planted.ts`, ''],
    ['packages/protocol/src/planted.ts', `import 'node:crypto';`],
    ['packages/rtc/src/planted.ts', `import type { Log } from '@housecount/server/log/open-log';`],
    ['packages/rtm/src/planted.ts', `import { createClient } from '@housecount/rtc';`],
    ['packages/webhook/src/planted.ts', `import 'yaml';`],
    ['packages/console/src/planted.tsx', `import { limits } from '../../server/src/limits.ts';`],
    ['bench/planted.ts', 'assert(elapsedMs < 100);'],
  ];
  for (const [path, text] of planted) {
    assert.notDeepEqual(breaches(new Map([[path, text]])), [], `${path}: ${text}`);
    // What is refused is what could be done.
    for (const target of importsOf(path, text))
      if (/^packages\/.*\.ts$/.test(target)) assert.ok(files.has(target), `${target} does not exist`);
  }
  // What is said in a comment, a string or a regular expression is not done.
  const said = `// await Date.now()\nexport const words = ['from await', \`async\`, /await ['"/]/];\n`;
  assert.deepEqual(breaches(new Map([[`${src}/channel/planted.ts`, said]])), []);
});

test('HOUSE3: what the map says a part never does is what is tested, and every room stands on a floor', () => {
  const named = Object.values(never).flatMap(({ only = [], not = [], by = [] }) => [...only, ...not, ...by]);
  const places = [...floors.flat().map(placeOf), ...named.filter((name) => name.startsWith('packages/'))];
  const isThere = (/** @type {string} */ place) =>
    paths.some((path) => path === place || path.startsWith(`${place}/`));
  assert.deepEqual(
    places.filter((place) => !isThere(place)),
    [],
  );
  const [map = ''] = /## The map\n[\s\S]*?(?=\n## )/.exec(textOf('ARCHITECTURE.md')) ?? [];
  const rows = [...map.matchAll(/^\| `([^`]+)` \| .* \| (.*?) ?\|$/gm)].map(([, row, words]) => [row, words]);
  assert.ok(rows.length > 20, `only ${rows.length} rows were found`);
  const said = Object.fromEntries(rows.filter(([, words]) => words !== ''));
  assert.deepEqual(Object.fromEntries(Object.entries(never).map(([row, { words }]) => [row, words])), said);
  const rooms = new Set(
    floors
      .flat()
      .map((name) => name.split('/')[0])
      .filter((name) => !name.endsWith('.ts')),
  );
  const inMap = rows.map(([row]) => placeOf(row)).filter((place) => place.startsWith('packages/server/src/'));
  assert.deepEqual(inMap.map((place) => place.split('/')[3]).sort(), [...rooms].sort());
});

test('LIMIT7: the defaults of limits.ts are taken as defaults of options alone, so that two servers may have others', () => {
  const misuse = (/** @type {string} */ text) => {
    const name = /import \{ limits(?: as (\w+))?[^}]*\} from '[^']*\/limits\.ts'/.exec(text);
    if (name === null) return [];
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|import [^;]*;/g, '');
    const uses = code.matchAll(new RegExp(`(.{0,3})(?<![\\w.#'])${name[1] ?? 'limits'}\\b(?!['?:])`, 'g'));
    return Array.from(uses).filter(([, before]) => !/(?:=|\?\?) $/.test(before));
  };
  const isPart = (/** @type {string} */ path) =>
    isSource(path) &&
    path.startsWith('packages/server/src/') &&
    !path.startsWith('packages/server/src/config/') &&
    !path.endsWith('-limits.ts');
  const places = [...files].filter(([path, text]) => isPart(path) && misuse(text).length > 0);
  assert.deepEqual(
    places.map(([path]) => path),
    [],
  );
  const planted = (/** @type {string} */ use) => `import { limits } from '../limits.ts';\n${use}`;
  assert.equal(misuse(planted('if (size > limits.sizeMax) stop();')).length, 1);
  assert.equal(misuse(planted('const { limits: own = limits } = options;')).length, 0);
});

test('HOUSE4: a circle of imports, be it of types, and a promise that nobody holds fail the lint', () => {
  const folder = temporary(mkdtempSync(join(tmpdir(), 'housecount-walls-')));
  const { vcs: _, files: __, ...config } = JSON.parse(textOf('biome.json'));
  const plant = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  plant('biome.json', JSON.stringify(config));
  plant(
    'one.ts',
    `import type { Other } from './other.ts';\n\nexport interface One {\n  readonly other: Other;\n}\n`,
  );
  plant(
    'other.ts',
    `import type { One } from './one.ts';\n\nexport interface Other {\n  readonly one: One;\n}\n`,
  );
  plant('work.ts', 'export async function work(): Promise<void> {}\n');
  plant(
    'floating.ts',
    `import { work } from './work.ts';\n\nexport function begin(): void {\n  work();\n}\n`,
  );
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--reporter=json', `--config-path=${folder}`, folder],
    { encoding: 'utf8', cwd: folder },
  );
  const found = JSON.parse(stdout).diagnostics.map(
    (/** @type {{ category: string, location: { path: string } }} */ { category, location }) =>
      `${location.path.split('/').at(-1)} ${category.split('/').at(-1)}`,
  );
  assert.deepEqual(found.sort(), [
    'floating.ts noFloatingPromises',
    'one.ts noImportCycles',
    'other.ts noImportCycles',
  ]);
});

/** Sources of one folder, its folders not counted. Chosen: what fits a screen's listing, and can be told apart by names. */
const filesOfFolderMax = 15;

test('HOUSE5: a folder has at most 15 source files', () => {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const path of paths.filter((each) => isSource(each) && files.get(each) !== ''))
    if (/^(?:packages\/[^/]+\/(?:src|testing)|bench|scripts)\b/.test(path))
      counts[dirname(path)] = (counts[dirname(path)] ?? 0) + 1;
  const tooLarge = Object.entries(counts).filter(([, count]) => count > filesOfFolderMax);
  assert.deepEqual(tooLarge, []);
});

/**
 * Functions that are longer, by file, at most how long, and why; one that no longer is leaves the list.
 * @type {Record<string, number>}
 */
const longerFunctions = {};

test('HOUSE6: a function has at most 80 lines, and what is longer is found', () => {
  const tooLong = [...files].flatMap(([path, text]) =>
    longFunctions(text)
      .filter(({ lines }) => lines > (longerFunctions[path] ?? linesOfFunctionMax))
      .map(({ line, lines }) => `${path}:${line} has a function of ${lines} lines`),
  );
  assert.deepEqual(tooLong, []);
  assert.deepEqual(
    Object.keys(longerFunctions).filter((path) => longFunctions(files.get(path) ?? '').length === 0),
    [],
  );
  const lines = (/** @type {number} */ count) => '  work();\n'.repeat(count);
  const deeper = lines(81).replaceAll('  work', '    work');
  const inClass = (/** @type {string} */ head) => `class One {\n  ${head}\n${deeper}  }\n}\n`;
  const planted = [
    `export function long(): void {\n${lines(81)}}\n`,
    `export const long = async (\n  one: string,\n  other: string,\n): Promise<void> => {\n${lines(81)}};\n`,
    `export function Page({\n  one,\n}: {\n  one: string;\n}) {\n${lines(81)}}\n`,
    inClass('get long(): number {'),
    `test('a story', async () => {\n${lines(81)}});\n`,
    `test('the suite runs', () => {\n${lines(81)}});\n`,
    `export function long(): void { // A comment.\n${lines(81)}}\n`,
    `export function long(): Promise<\n  string\n> {\n${lines(81)}}\n`,
    `export function long(): {\n  one: string;\n} {\n${lines(81)}}\n`,
    ...['with()', 'try()', 'async catch()'].map((name) => inClass(`${name} {`)),
    inClass('class: (one) => {'),
    `if (some)\n  others.map((one) => {\n${deeper}  });\n`,
    `if (some) others.map((one) => {\n${lines(81)}});\n`,
    `for (const one of others.filter(function (each) {\n${lines(81)}})) work();\n`,
  ];
  for (const text of planted) assert.equal(longFunctions(text).length, 1, text.slice(0, 80));
  const allowed = [
    planted[0].replace(lines(81), lines(80)),
    planted[0].replace(lines(81), `${lines(80)}\n  // A comment.\n`),
    `describe('tests', () => {\n${lines(81)}});\n`,
    `describe.each([\n  1,\n])('tests', () => {\n${lines(81)}});\n`,
    `function tests() {\n  describe.each([\n    1,\n  ])('tests', () => {\n${deeper}  });\n}\n`,
    ...['if (one()) {', 'if (\n  one()\n) {', 'label: for (const one of all()) {', 'while (one()) {'].map(
      (head) => `${head}\n${lines(81)}}\n`,
    ),
    `if (one()) {\n  work();\n} else if (other()) {\n${lines(81)}} else {\n${lines(81)}}\n`,
    `try {\n  work();\n} catch (error) {\n${lines(81)}} finally {\n${lines(81)}}\n`,
    `export abstract class Large extends mixed(One) {\n${lines(81)}}\n`,
    `class Large {\n${lines(81)}}\n`,
  ];
  for (const text of allowed) assert.deepEqual(longFunctions(text), [], text.slice(0, 80));
});

/**
 * Classes that work with more, at most with how many; one that no longer does leaves the list.
 * @type {Record<string, number>}
 */
const largerClasses = {
  // Each is a prepared statement of the one file that the class is about, and stands beside the query that it is.
  HistoryTables: 18,
  DeliveryTables: 15,
  // It is the log itself to all who use it: every port of its contract, each answered by the one part that it is of, and the order
  // in which those parts hear of what is durable. Cut in two, either half would have to know the other.
  EmbeddedOwner: 19,
};

test('HOUSE7: a class works with at most 10 others', () => {
  const product = [...files].filter(
    ([path]) => /^packages\/[^/]+\/src\//.test(path) && isSource(path) && !path.includes('/testing/'),
  );
  const classes = collaborators(new Map(product));
  assert.ok(classes.length > 200, `only ${classes.length} classes were found`);
  const tooMany = classes
    .filter(({ name, collaborators: { length } }) => length > (largerClasses[name] ?? collaboratorsMax))
    .map(
      ({ path, name, collaborators: held }) =>
        `${path}: ${name} works with ${held.length}: ${held.join(', ')}`,
    );
  assert.deepEqual(tooMany, []);
  const larger = classes.filter(({ collaborators: { length } }) => length > collaboratorsMax);
  assert.deepEqual(larger.map(({ name }) => name).sort(), Object.keys(largerClasses).sort());
});

test('HOUSE7: what a class works with is found, whichever way it comes by it', () => {
  const heldBy = (/** @type {string} */ text, others = {}) =>
    collaborators(new Map([...Object.entries(others), ['planted.ts', text]])).at(-1)?.collaborators;
  const ports = `interface Clock {\n  nowMs(): number;\n}\ninterface Member {\n  readonly uid: number;\n}\n`;
  // What is kept, made, or handed over is counted by its name, several of one class as one; a value is not.
  assert.deepEqual(
    heldBy(
      `${ports}class Part {\n  work(): void {}\n}\nclass One {\n  readonly #clock: Clock;\n  readonly #part = new Part();\n  readonly #members = new Map<string, Member>();\n  readonly #parts = new Map<string, Part>();\n  #sinceMs = 0;\n\n  constructor(clock: Clock, private readonly onEnd: () => void, uid: number) {\n    this.#clock = clock;\n  }\n}\n`,
    ),
    ['Part', 'clock', 'onEnd'],
  );
  // What comes in a bundle is counted one by one, wherever it is declared, less what is left out.
  assert.deepEqual(
    heldBy(
      `import type { OtherNeeds } from './folder/other.ts';\n${ports}interface OneOptions extends Omit<OtherNeeds, 'left'> {\n  readonly clock: Clock;\n  readonly member: Member;\n  onEnd(): void;\n}\nclass One {\n  readonly #options: OneOptions;\n\n  constructor(options: OneOptions) {\n    this.#options = options;\n  }\n}\n`,
      {
        'folder/other.ts': `import type { Log } from '../log.ts';\nexport interface OtherNeeds {\n  readonly log: Pick<Log, 'join'>;\n  readonly left: Log;\n}\n`,
        'log.ts': `export interface Log {\n  join(): void;\n}\n`,
      },
    ),
    ['clock', 'log', 'onEnd'],
  );
  // So is what comes in a bundle that has any other name: it does nothing by itself. What has a method of its own is one.
  const three = ['clock', 'log', 'members'].map((name) => `  readonly ${name}: Clock;\n`).join('');
  const keeping = 'class One {\n  readonly #running: Running;\n}\n';
  const isThree = ['clock', 'log', 'members'];
  assert.deepEqual(heldBy(`${ports}interface Running {\n${three}}\n${keeping}`), isThree);
  assert.deepEqual(heldBy(`${ports}type Running = {\n${three}};\n${keeping}`), isThree);
  assert.deepEqual(
    heldBy(`${ports}interface Running {\n${three}  readonly next: Running;\n}\n${keeping}`),
    isThree,
  );
  assert.deepEqual(heldBy(`${ports}interface Running {\n${three}  run(): void;\n}\n${keeping}`), ['running']);
  // A field without a type is what the call gives that makes it, or what only the constructor says.
  const part = 'export class Part {\n  static open(): Part {\n    return new Part();\n  }\n}\n';
  const making = (/** @type {string} */ field) => `class One {\n  readonly #made${field};\n}\n`;
  const makers = [
    'function make(): Part {',
    'async function make<T>(one: T): Promise<Part | undefined> {',
    'export function make(\n  one: number,\n  { two }: { readonly one: number; readonly two: number },\n): Part {',
    'const make = (): Part => {',
    'export const make = (\n  one: number,\n): Part => {',
  ].map((head) => `${part}${head}\n  return Part.open();\n}\n`);
  for (const maker of makers)
    for (const field of [' = make()', ' = make<Clock>(\n    1,\n  )', ': ReturnType<typeof make>'])
      assert.deepEqual(heldBy(`${ports}${maker}${making(field)}`), ['Part'], `${maker}${field}`);
  assert.deepEqual(heldBy(`${part}${making(' = Part.open()')}`), ['Part']);
  assert.deepEqual(heldBy(making('')), ['made']);
  assert.deepEqual(heldBy(`function make(): number {\n  return 1;\n}\n${making(' = make()')}`), []);
  // What a base class keeps and is handed is kept by those that extend it.
  const base = `${ports}export abstract class Base<T extends object> {\n  readonly #clock: Clock;\n\n  constructor(onEnd: () => void) {}\n}\n`;
  const extending = 'class One<T extends Member> extends Base<T> {\n  readonly #own: () => void;\n}\n';
  assert.deepEqual(heldBy(`${base}${extending}`), ['clock', 'onEnd', 'own']);
  assert.deepEqual(heldBy(`import { Base } from './base.ts';\n${extending}`, { 'base.ts': base }), [
    'clock',
    'onEnd',
    'own',
  ]);
  // A default export is a class like all others, and found by those who import it.
  for (const head of [
    'export default class Part',
    'export default class',
    'export default abstract class Part',
  ])
    assert.deepEqual(
      collaborators(
        new Map([
          ['part.ts', `${ports}${head} {\n  readonly #clock: Clock;\n}\n`],
          [
            'one.ts',
            "import Part from './part.ts';\nclass One {\n  readonly #parts: readonly Part[] = [];\n}\n",
          ],
        ]),
      ).map(({ collaborators: held }) => held.length),
      [1, 1],
      head,
    );
  const many = Array.from({ length: 11 }, (_, at) => `  readonly #part${at}: Clock;\n`).join('');
  assert.equal(heldBy(`${ports}export class Planted {\n${many}}\n`)?.length, 11);
});

/** What no project has, and why. */
const uncheckedFiles = [
  // It is written for Vite, which reads it.
  'packages/console/vite.config.ts',
  // They take an SDK from wherever the test that runs them says: no types are known before.
  'packages/server/testing/clients/rtm-driver-node.mjs',
  'packages/server/testing/clients/rtm-driver.mjs',
];

test('HOUSE8: every source is of a project that `npm run types` checks, in JavaScript, too', () => {
  const read = (/** @type {string} */ path) => JSON.parse(textOf(path).replace(/^\s*\/\/.*$/gm, ''));
  /** @type {string[]} */
  const projects = read('tsconfig.json').references.map((/** @type {{ path: string }} */ { path }) =>
    path.slice(2),
  );
  const written = readdirSync(join(root, 'tsconfig')).filter(
    (name) => name.endsWith('.json') && name !== 'shared.json',
  );
  assert.deepEqual([...projects].sort(), written.map((name) => `tsconfig/${name}`).sort());
  const matches = (/** @type {string[]} */ patterns, /** @type {string} */ path) =>
    patterns.some((pattern) => {
      const parts = posix.join('tsconfig', pattern).split(/(\*\*\/|\*)/);
      const escaped = parts.map((part) =>
        part === '**/' ? '(?:.*/)?' : part === '*' ? '[^/]*' : part.replace(/[.+^$()|[\]{}\\]/g, '\\$&'),
      );
      return new RegExp(`^${escaped.join('')}(?:$|/)`).test(path);
    });
  const unchecked = paths.filter(
    (path) =>
      files.get(path) !== '' &&
      !projects.some((project) => {
        const { include, exclude = [], compilerOptions } = read(project);
        return (
          (/\.m?tsx?$/.test(path) || compilerOptions.checkJs) &&
          matches(include, path) &&
          !matches(exclude, path)
        );
      }),
  );
  assert.deepEqual(unchecked, uncheckedFiles);

  const folder = temporary(join(root, 'node_modules/.cache/housecount-walls/scripts-planted'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'planted.mjs'),
    "/** @type {number} */\nexport const wrong = 'no number';\nexport const untyped = (one) => one;\n",
  );
  const compilerOptions = {
    composite: false,
    emitDeclarationOnly: false,
    noEmit: true,
    rootDir: root,
    tsBuildInfoFile: null,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig/scripts.json'),
      compilerOptions,
      include: ['planted.mjs'],
      references: [],
    }),
  );
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  assert.deepEqual(
    [...stdout.matchAll(/planted\.mjs\((\d+),/g)].map(([, line]) => Number(line)),
    [2, 3],
    stdout,
  );
});
