import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { expectedPackages, installPackages } from './install.mjs';
import { root } from './setup.mjs';

test('CLI31: the packages counted while npm ci runs are those that it installs on this machine', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const expected = expectedPackages(lock, { platform, arch, isMusl });
  assert.ok(expected.length > 50, `only ${expected.length}`);
  assert.deepEqual(
    // npm leaves out what only an optional package of another machine needs.
    expected.filter(
      (folder) => !lock.packages[folder].optional && !existsSync(join(root, folder, 'package.json')),
    ),
    [],
  );
});

test('CLI31: npm ci that fails gives its status, and what was said tells how much there is to install', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-install-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ packages: { '': {}, 'node_modules/a': {}, 'node_modules/b': { os: ['none'] } } }),
  );
  await writeFile(join(folder, 'npm'), '#!/bin/sh\necho "$@" > asked\nexit 7\n');
  await chmod(join(folder, 'npm'), 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${folder}${delimiter}${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
  });
  const said = [];
  assert.equal(await installPackages(folder, (text) => said.push(text)), 7);
  assert.deepEqual(said, ['installing 1 packages (npm ci) …']);
  assert.match(await readFile(join(folder, 'asked'), 'utf8'), /^ci /);
});
