// Every example of the pages is one that works when it is pasted: code compiles under strict TypeScript against the packages as
// they are built, JSON and YAML parse.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { root } from '../setup/setup.mjs';
import { filesBelow } from '../spec-rules.mjs';

/** Paths of all pages, from the root of the project. A report of public types holds declarations, which are no examples. */
const pages = [...filesBelow(root)]
  .map((path) => relative(root, path))
  .filter((path) => /(?<!\.api)\.md$/.test(path));

const fences = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
    ([, language, text], index) => ({ page, index, language, text }),
  ),
);
/** The first steps on the console's home page; what the page fills in is any text. */
const quickStart = 'packages/console/src/home/quick-start.tsx';
const steps = [...readFileSync(join(root, quickStart), 'utf8').matchAll(/\bcode: `(.*?)`,$/gms)].map(
  ([, code], index) => {
    const text = code.replaceAll(/\$\{\w+\}/g, 'filled-in').replaceAll('\\\\', '\\');
    return { page: quickStart, index, language: text.startsWith('npx ') ? 'sh' : 'ts', text: `${text}\n` };
  },
);
assert.ok(steps.length >= 4, `only ${steps.length} steps were found in ${quickStart}`);
fences.push(...steps);
const of = (/** @type {string[]} */ ...languages) =>
  fences.filter(({ language }) => languages.includes(language));

/**
 * What the text around an example says is there already, as globals, so that an example may declare its own: the reader's
 * values and functions, and what an earlier example of the page made.
 */
const given = `declare const appId: string;
declare const channel: string;
declare const uid: number;
declare const token: string;
declare const rtmToken: string;
declare const rtcToken: string;
declare const secret: string;
declare const body: Uint8Array;
declare const headers: Headers;
declare const cipherKey: string;
declare const salt: Uint8Array;
declare const AgoraRTM: typeof import('@housecount/rtm').default;
declare const ann: import('@housecount/rtm').RTMClient;
declare function draw(...shown: unknown[]): void;
declare function show(...shown: unknown[]): void;
declare module 'ws' { export const WebSocket: typeof globalThis.WebSocket; }
`;
/**
 * The one name that means another thing on each page.
 * @type {Record<string, string>}
 */
const clientOf = {
  'packages/rtc/README.md':
    "declare const client: ReturnType<typeof import('@housecount/rtc').default.createClient>;",
  'packages/rtm/README.md': "declare const client: import('@housecount/rtm').RTMClient;",
};

function asModule(/** @type {{ page: string, text: string }} */ { page, text }) {
  const client = /\bconst client\b/.test(text) ? '' : (clientOf[page] ?? '');
  return `${client}\n${text}\nexport {};\n`;
}

test('OPS30: every example of the pages in JavaScript or TypeScript compiles under strict TypeScript', async (t) => {
  const examples = of('js', 'jsx', 'ts', 'tsx');
  assert.ok(examples.length > 15, `only ${examples.length} were found`);
  const folder = await mkdtemp(join(tmpdir(), 'housecount-pages-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // The packages as npm would install them, and the types that a reader's project has.
  for (const name of ['rtc', 'rtm', 'react', 'webhook', 'client']) {
    const installed = join(folder, 'node_modules/@housecount', name);
    await mkdir(installed, { recursive: true });
    const { files } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    for (const part of [...files, 'package.json'])
      await cp(join(root, 'packages', name, part), join(installed, part), { recursive: true });
  }
  for (const name of ['@types/node', '@types/react', 'csstype', 'undici-types']) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
  await writeFile(join(folder, 'given.d.ts'), given);
  const names = new Map();
  for (const example of examples) {
    const name = `${example.page.replaceAll('/', '-').replace(/\.(md|tsx)$/, '')}-${example.index + 1}.tsx`;
    names.set(name, example);
    await writeFile(join(folder, name), asModule(example));
  }
  const options = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['given.d.ts', ...names.keys()] }),
  );
  const compiler = join(root, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(compiler, ['-p', folder], { cwd: folder, encoding: 'utf8' });
  assert.equal(stdout, '');
});

test('OPS30: every example of the pages in JSON or YAML parses', () => {
  const broken = [];
  for (const { page, language, text, index } of of('json', 'yaml')) {
    const where = `${page}, example ${index + 1}`;
    try {
      // One value, or one frame in each line.
      if (language === 'json') parseJson(text);
      else
        for (const document of parseAllDocuments(text))
          if (document.errors.length > 0) throw document.errors[0];
    } catch (error) {
      broken.push(`${where}: ${error instanceof Error ? error.message : error}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('OPS32: every option of a command on the pages is one that its help names', () => {
  const commands = of('sh').flatMap(({ page, text }) =>
    [...text.replaceAll('\\\n', ' ').matchAll(/^npx housecount (\w+)(.*)$/gm)].map(([, name, rest]) => ({
      page,
      name,
      rest,
    })),
  );
  assert.ok(commands.length > 2, `only ${commands.length} were found`);
  const strays = [];
  for (const { page, name, rest } of commands) {
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(root, 'packages/cli/bin/housecount.mjs'), name, '--help'],
      { encoding: 'utf8' },
    );
    if (status !== 0) strays.push(`${page}: no command ${name}`);
    for (const [option] of rest.matchAll(/(?<= )--[a-z-]+/g))
      if (!stdout.includes(option)) strays.push(`${page}: ${name} ${option}`);
  }
  assert.deepEqual(strays, []);
});

function parseJson(/** @type {string} */ text) {
  try {
    JSON.parse(text);
  } catch (error) {
    const lines = text.split('\n').filter(Boolean);
    if (lines.length < 2) throw error;
    for (const line of lines) JSON.parse(line);
  }
}
