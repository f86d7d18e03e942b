// What is in each tarball, and whether what its manifest says is there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { root } from '../setup/setup.mjs';
import { packs, project, runIn } from './installed.mjs';

/**
 * Bytes of each bundle when it is compressed, at most: what a page or a function pays before anything is shown. Each leaves some room over what
 * it was on 30 November 2026; who needs more raises it here, in a commit that says what for.
 */
const gzipBytesMax = {
  '@housecount/rtc/dist/housecount-rtc.esm.js': 50_000,
  '@housecount/rtc/dist/housecount-rtc.functions.js': 50_500,
  '@housecount/rtc/dist/AgoraRTC.iife.js': 50_000,
  '@housecount/rtm/dist/housecount-rtm.esm.js': 29_000,
  '@housecount/rtm/dist/AgoraRTM.iife.js': 29_000,
  '@housecount/react/dist/index.js': 3_600,
  '@housecount/webhook/dist/index.js': 18_500,
  '@housecount/client/dist/index.js': 2_600,
};

test('INST1: a tarball has the build, the licence, the README and where it is from; no test, no source, nothing internal', async () => {
  const { folder, byName } = await packs();
  for (const [name, path] of byName) {
    const files = runIn(folder, 'tar', 'tzf', path).trim().split('\n');
    const manifest = JSON.parse(runIn(folder, 'tar', 'xzOf', path, 'package/package.json'));
    for (const file of ['LICENSE', 'README.md', 'package.json'])
      assert.ok(files.includes(`package/${file}`), `${name} has no ${file}`);
    const strays = files.filter((file) =>
      /\.test\.|\/(?:src|test|testing|fixtures)\/|(?<!\.d)\.tsx?$|tsconfig/.test(file),
    );
    assert.deepEqual(strays, [], name);
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(manifest.repository.url, /^git\+https:.*\.git$/);
    assert.match(manifest.repository.directory, /^packages\//);
    assert.match(manifest.engines.node, /^>=20/);
    assert.deepEqual(
      [manifest.scripts, manifest.devDependencies, manifest.private],
      [undefined, undefined, undefined],
    );
    // Of ours, only those that are packed may be needed.
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const other of needed)
      if (other.startsWith('@housecount/')) assert.ok(byName.has(other), `${name} needs ${other}`);
    assert.ok(
      !/\*|source/.test(Object.keys(flatten(manifest.exports)).join(' ')),
      `${name} exports ${JSON.stringify(manifest.exports)}`,
    );
  }
});

/**
 * Every path and condition of an exports map as one key.
 * @returns {Record<string, string>}
 */
function flatten(/** @type {any} */ exports, prefix = '') {
  if (typeof exports === 'string') return { [`${prefix} ${exports}`]: exports };
  return Object.assign(
    {},
    ...Object.entries(exports).map(([key, value]) => flatten(value, `${prefix} ${key}`)),
  );
}

test('INST1: the server names the modules that others may take', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'));
  assert.deepEqual(
    Object.keys(exports).filter((name) => name.includes('*')),
    [],
  );
});

test('INST1: the command line installs what the server in it needs, in the same versions', () => {
  const dependenciesOf = (/** @type {string} */ name) =>
    JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).dependencies;
  const installed = dependenciesOf('cli');
  for (const [name, version] of Object.entries(dependenciesOf('server')))
    if (!name.startsWith('@housecount/')) assert.equal(installed[name], version, name);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(installed.bun, dependencies.bun);
});

test('INST2: publint and are-the-types-wrong find nothing wrong in any tarball', async () => {
  const { folder } = await project();
  const { byName } = await packs();
  const require = createRequire(join(folder, 'package.json'));
  const load = (/** @type {string} */ name) => import(pathToFileURL(resolveEntry(require, name)).href);
  const [{ publint }, { formatMessage }, { checkPackage, createPackageFromTarballData }] = await Promise.all([
    load('publint'),
    load('publint/utils'),
    load('@arethetypeswrong/core'),
  ]);
  for (const [name, path] of byName) {
    const bytes = readFileSync(path);
    const { messages, pkg } = await publint({
      pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
    });
    assert.deepEqual(
      messages.map((/** @type {string} */ message) => formatMessage(message, pkg, { color: false })),
      [],
      name,
    );
    // The package of the command line is run, and has nothing to import.
    if (name === 'housecount') continue;
    // A script for a tag is no module.
    const options = { excludeEntrypoints: [/\.iife\.js$/] };
    const { problems = [], types } = await checkPackage(
      createPackageFromTarballData(new Uint8Array(bytes)),
      options,
    );
    assert.ok(types, `${name} has types`);
    assert.deepEqual(problems, [], name);
  }
});

function resolveEntry(/** @type {NodeJS.Require} */ require, /** @type {string} */ name) {
  const [, base, sub = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(name) ?? [];
  const folder = join(require.resolve.paths(base)?.[0] ?? '', base);
  const { exports, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  let entry = exports?.[`.${sub}`] ?? main;
  while (typeof entry === 'object') entry = entry.import ?? entry.node ?? entry.default;
  return join(folder, entry);
}

test('INST5: no bundle is larger than its limit', async () => {
  const { folder, byName } = await packs();
  for (const [file, bytesMax] of Object.entries(gzipBytesMax)) {
    const [, name, path] = /^(@housecount\/[a-z]+)\/(.+)$/.exec(file) ?? [];
    const text = runIn(folder, 'tar', 'xzOf', byName.get(name), `package/${path}`);
    const bytes = gzipSync(text).length;
    assert.ok(bytes <= bytesMax, `${file} has ${bytes} bytes when compressed, and may have ${bytesMax}`);
    assert.ok(bytes > bytesMax / 2, `the limit of ${file} is far from its ${bytes} bytes`);
  }
});
