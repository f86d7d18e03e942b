// The built SDKs and the console hold to the oldest browsers that the READMEs name.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { root } from '../setup/setup.mjs';
import { newerThanOldest, oldestBrowsers } from './browsers.mjs';

const scriptsIn = (/** @type {string} */ folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${folder}/${name}`);
const sdks = ['rtc', 'rtm', 'react'].flatMap((name) => scriptsIn(`packages/${name}/dist`));
const ofConsole = scriptsIn('packages/console/dist/assets');
const textOf = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8');

test('SDK100: the built SDKs and the console are in a syntax that the oldest browsers read', async () => {
  assert.ok(sdks.length >= 7 && ofConsole.length > 0, 'the packages are built');
  for (const path of [...sdks, ...ofConsole]) {
    const format = /^import\b|\bexport\s*[{*]|\bimport\.meta\b/m.test(textOf(path)) ? 'esm' : undefined;
    const compiled = (/** @type {string | string[]} */ target) =>
      transform(textOf(path), { target, format, loader: 'js', legalComments: 'none' });
    const [asItIs, compiledDown] = await Promise.all([compiled('esnext'), compiled(oldestBrowsers)]);
    // What is compiled down to itself has nothing newer in it.
    assert.ok(asItIs.code === compiledDown.code, `${path} has syntax that ${oldestBrowsers} do not read`);
  }
});

test('SDK100: the built SDKs and the console name nothing that the oldest browsers lack', () => {
  for (const path of [...sdks, ...ofConsole]) {
    const found = newerThanOldest.flatMap((pattern) => pattern.exec(textOf(path))?.[0] ?? []);
    assert.deepEqual(found, [], path);
  }
});

test('SDK100: both READMEs name the oldest browsers that the SDKs are compiled for', () => {
  const named = { chrome: 'Chrome', firefox: 'Firefox', safari: 'Safari' };
  for (const name of ['rtc', 'rtm', 'react']) {
    const text = textOf(`packages/${name}/README.md`).replace(/\s+/g, ' ');
    for (const browser of oldestBrowsers) {
      const [, product, version] = /^([a-z]+)([\d.]+)$/.exec(browser) ?? [];
      assert.match(
        text,
        new RegExp(`${named[/** @type {keyof typeof named} */ (product)]} ${version.replace('.', '\\.')}\\b`),
        `packages/${name}`,
      );
    }
  }
});
