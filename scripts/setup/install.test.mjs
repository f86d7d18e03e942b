import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { until } from '../tests/until.mjs';
import { expectedPackages, installPackages, usesMusl } from './install.mjs';
import { root } from './setup.mjs';

test('CLI31: the packages counted while npm ci runs are those that it installs on this machine', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { platform, arch } = process;
  const expected = expectedPackages(lock, { platform, arch, isMusl: usesMusl() });
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
  /** @type {string[]} */
  const said = [];
  assert.equal(await installPackages(folder, (/** @type {string} */ text) => said.push(text)), 7);
  assert.deepEqual(said, ['installing 1 packages (npm ci) …']);
  assert.match(await readFile(join(folder, 'asked'), 'utf8'), /^ci /);
});

for (const who of ['this process', 'npm above it'])
  test(`CLI37: a signal that ends ${who} while packages are installed ends npm ci too`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'housecount-install-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {} } }));
    await writeFile(
      join(folder, 'npm'),
      '#!/bin/sh\necho $$ > pid.new\nmv pid.new npm.pid\nexec sleep 600\n',
    );
    await chmod(join(folder, 'npm'), 0o755);
    const here = (/** @type {string} */ name) => JSON.stringify(new URL(name, import.meta.url).href);
    const probe = `import { endWithNpm } from ${here('ends-with-npm.mjs')};
      import { installPackages } from ${here('install.mjs')};
      endWithNpm();
      await installPackages(${JSON.stringify(folder)}, () => {});`;
    await writeFile(join(folder, 'probe.mjs'), probe);
    const parent = spawn('sh', ['-c', `"${process.execPath}" probe.mjs & echo $! > probe.pid; wait`], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${folder}${delimiter}${process.env.PATH}`,
        npm_lifecycle_event: 'start',
      },
      stdio: 'ignore',
    });
    await until('npm ci runs', () => existsSync(join(folder, 'npm.pid')));
    const [npm, self] = ['npm.pid', 'probe.pid'].map((name) =>
      Number(readFileSync(join(folder, name), 'utf8')),
    );
    t.after(() => isThere(npm) && process.kill(npm, 'SIGKILL'));
    if (who === 'this process') process.kill(self, 'SIGTERM');
    else parent.kill('SIGTERM');
    await until('both are gone', () => !isThere(npm) && !isThere(self));
  });

function isThere(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
