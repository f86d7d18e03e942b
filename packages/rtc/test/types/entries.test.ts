// The names that apps import as values from the original's entries, beside those that ours have.
import { expect, test } from 'bun:test';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esm from '../../src/esm.ts';
import * as services from '../../src/services.ts';

const original = fileURLToPath(new URL('../../../../node_modules/agora-rtc-sdk-ng', import.meta.url));
const manifest = JSON.parse(
  await readFile(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
);
const types = async (file: string): Promise<string> =>
  (await readFile(`${original}/${file}`, 'utf8')).replaceAll(/\/\*[\s\S]*?\*\//g, '');

/** How the original was built, and lists of its own objects for its makers. */
const internals = [
  ...['DEV', 'ESM', 'ESM_BUNDLER', 'UMD'],
  ...[
    '__CLIENT_LIST__',
    '__TRACK_LIST__',
    'audioContextState',
    'audioElementPlayCenter',
    'requestConfigDistribute',
  ],
];

test('SDK133: `/esm` has the functions and enums of the original’s', async () => {
  const text = await types('esm/rtc-sdk_en.esm.d.ts');
  const names = [...text.matchAll(/^export \{(.*?)\}/gm)]
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.trim());
  const values = names
    .filter((name) => /^[a-z_]\w*$|^[A-Z][A-Z_]+$/.test(name))
    .filter((name) => !/^(SDK_|UID)/.test(name));
  expect(values.length).toBeGreaterThan(40);
  const found = new Set(Object.keys(esm));
  expect(values.filter((name) => !found.has(name) && !internals.includes(name))).toEqual([]);
});

test('SDK133: the entries of services have the names of the original’s, and say NOT_SUPPORTED when they are used', async () => {
  const entries = await readdir(`${original}/services`);
  expect(entries).toHaveLength(10);
  expect(entries.filter((name) => !manifest.exports[`./services/${name}`])).toEqual([]);
  const exported = await Promise.all(entries.map((name) => types(`services/${name}/index.d.ts`)));
  const names = exported
    .flatMap((text) => [...text.matchAll(/^export \{(.*?)\}/gm)].flatMap(([, list = '']) => list.split(',')))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
  const ours = new Map<string, unknown>(Object.entries(services));
  expect(names.sort()).toEqual([...ours.keys()].sort());
  for (const [name, value] of ours) {
    // A service, which makes its parts; a check of a configuration; or the class of a part.
    if (typeof value !== 'function') expect(esm.default.use(value)).toBe(esm.default);
    const use =
      typeof value !== 'function'
        ? (value as { create(): void }).create
        : name.startsWith('check')
          ? value
          : () => Reflect.construct(value, []);
    expect(use, name).toThrow(/NOT_SUPPORTED: Housecount has no /);
  }
});
