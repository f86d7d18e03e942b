// The types of the SDK beside those of the original's package, which is a development dependency for this alone.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as sdk from '../../src/index.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const app = fileURLToPath(new URL('app.ts', import.meta.url));
const original = join(root, 'node_modules/agora-rtc-sdk-ng/rtc-sdk_en.d.ts');
const ours = join(root, 'packages/rtc/src/index.ts');
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const text = (await readFile(original, 'utf8')).replaceAll('\r\n', '\n');
/** What stands between the comments. */
const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
/** The names that apps import. */
const exported = [...code.matchAll(/^export declare (?:interface|type|enum) (\w+)/gm)].map(
  ([, name = '']) => name,
);

/** Below the packages, where the original's type file finds what it imports. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'node_modules/.rtc-types-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the compiler says of `file`, where these names are these files. */
async function compile(
  name: string,
  file: string,
  paths: Readonly<Record<string, string>>,
  options: object = {},
): Promise<string> {
  const config = join(folder, `${name}.json`);
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true, target: 'es2022' },
    ...{ module: 'esnext', moduleResolution: 'bundler', customConditions: ['@housecount/source'] },
    ...{ lib: ['es2022', 'dom', 'dom.iterable'], types: [], allowImportingTsExtensions: true, ...options },
    paths: Object.fromEntries(Object.entries(paths).map(([from, to]) => [from, [to]])),
  };
  await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
  return new Promise((resolve) =>
    execFile(process.env.NODE ?? 'node', [tsc, '-p', config], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    ),
  );
}

test('SDK130: an app with a call of each member compiles against the original', async () => {
  // The original's file refers to types of browsers that TypeScript itself has by another name.
  const skipLibCheck = { skipLibCheck: true };
  expect(await compile('original', app, { 'agora-rtc-sdk-ng': original }, skipLibCheck)).toBe('');
}, 60_000);

test('SDK130: the same app compiles against ours, strictly', async () => {
  expect(await compile('ours', app, { 'agora-rtc-sdk-ng': ours })).toBe('');
}, 60_000);

test('SDK130: an app that takes the functions of /esm by name compiles against both', async () => {
  const esm = fileURLToPath(new URL('app-esm.ts', import.meta.url));
  const theirs = join(root, 'node_modules/agora-rtc-sdk-ng/esm/rtc-sdk_en.esm.d.ts');
  const skipLibCheck = { skipLibCheck: true };
  expect(await compile('original-esm', esm, { 'agora-rtc-sdk-ng/esm': theirs }, skipLibCheck)).toBe('');
  const ours = join(root, 'packages/rtc/src/esm.ts');
  expect(await compile('ours-esm', esm, { 'agora-rtc-sdk-ng/esm': ours })).toBe('');
}, 60_000);

test('SDK130: the app names each type, calls each member and listens for each event', async () => {
  const calls = await readFile(app, 'utf8');
  const words = new Set(calls.match(/\w+/g));
  expect(exported.length).toBeGreaterThan(70);
  expect(exported.filter((name) => !words.has(name))).toEqual([]);
  const members = membersOf(/^I\w+(?:Track|RTC|Client|RemoteUser|Configuration|Channel)$/);
  expect(members.length).toBeGreaterThan(150);
  expect(members.filter((member) => !words.has(member))).toEqual([]);
  const events = [...code.matchAll(/\bon\(event: "([\w-]+)"/g)].map(([, event]) => event);
  expect(events.length).toBeGreaterThan(40);
  expect(events.filter((event) => !calls.includes(`'${event}'`))).toEqual([]);
});

test('SDK131: what ours exports can be assigned to what the original exports by the name, and the other way round', async () => {
  const file = join(folder, 'assignable.ts');
  const both = exported.map((name) => [
    `export const toTheirs${name} = (value: Ours.${name}): Theirs.${name} => value;`,
    `export const toOurs${name} = (value: Theirs.${name}): Ours.${name} => value;`,
  ]);
  const lines = [
    `import ours, * as Ours from 'ours';`,
    `import theirs, * as Theirs from 'theirs';`,
    'export const api: Theirs.IAgoraRTC = ours;',
    `export const client: Theirs.IAgoraRTCClient = ours.createClient({ mode: 'live', codec: 'vp8' });`,
    'export const theirApi: Ours.IAgoraRTC = theirs;',
    ...both.flat(),
  ];
  await writeFile(file, lines.join('\n'));
  // A class with private members takes none but its own, so that nobody's emitter could ever be assigned; apps do not see those members.
  const withoutPrivates = join(folder, 'original.d.ts');
  await writeFile(withoutPrivates, text.replaceAll(/^ +private \w+.*;$/gm, ''));
  expect(await compile('assignable', file, { ours, theirs: withoutPrivates }, { skipLibCheck: true })).toBe(
    '',
  );
}, 60_000);

test('SDK132: enums and error codes have the members and values of the original', async () => {
  const enums = [...code.matchAll(/^export declare enum (\w+) \{\n([\s\S]*?)^\}/gm)];
  expect(enums.length).toBe(10);
  const runtime = new Map<string, unknown>(Object.entries(sdk));
  for (const [, name = '', body = ''] of enums) {
    const values = [...body.matchAll(/(\w+) = ("[^"]*"|-?\d+)/g)].map(([, key, value = '']) => [
      key,
      JSON.parse(value),
    ]);
    const found = Object.entries(runtime.get(name) ?? {}).map(([key, value]) => [key, value]);
    // Enums of numbers name their members by their values, too.
    expect([name, found.filter(([key = '']) => !/^\d+$/.test(String(key)))]).toEqual([name, values]);
  }
  expect(Object.keys(sdk.AgoraRTCErrorCode).length).toBe(96);
});

/** The members of the original's interfaces whose name is such, and the events that they tell. */
function membersOf(interfaces: RegExp): string[] {
  const found = [...code.matchAll(/^(?:export )?declare interface (\w+)[^{]*\{\n([\s\S]*?)^\}/gm)]
    .filter(([, name = '']) => interfaces.test(name))
    .flatMap(([, , body = '']) =>
      [...body.matchAll(/^ {4}(?:readonly )?(\w+)[?(:<]/gm)].map(([, member = '']) => member),
    );
  return [...new Set(found)];
}
