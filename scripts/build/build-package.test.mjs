import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildWhole, builtMs, root } from '../setup/setup.mjs';
import { until } from '../tests/until.mjs';

const here = (/** @type {string} */ name) => JSON.stringify(new URL(name, import.meta.url).href);

/**
 * Builds of the package in the folder that are never done: one of an SDK has its first script, one of the console all its files.
 * @type {[what: string, first: string, build: (folder: string) => string][]}
 */
const neverDone = [
  [
    'an SDK',
    'first.js',
    (folder) => `import { buildPackage } from ${here('build-package.mjs')};
const never = { name: 'never', setup: ({ onLoad }) => onLoad({ filter: /never/ }, () => new Promise(() => {})) };
await buildPackage(${JSON.stringify(folder)}, {
  scripts: ['first', 'never'].map((name) => ({ entry: \`src/\${name}.ts\`, file: \`\${name}.js\`, format: 'esm' })),
  options: { plugins: [never] },
  types: {},
});`,
  ],
  [
    'the console',
    'index.html',
    (folder) => `import { build } from ${JSON.stringify(import.meta.resolve('vite'))};
import { buildWhole } from ${here('../setup/setup.mjs')};
const root = ${JSON.stringify(folder)};
const never = { name: 'never', writeBundle: () => new Promise(() => {}) };
await buildWhole(root, () => build({ root, configFile: false, logLevel: 'silent', plugins: [never] }));`,
  ],
];

for (const [what, first, build] of neverDone)
  test(`PROJ10: a build of ${what} that is ended half way does not pass for one`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'housecount-build-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'package.json'), '{}');
    await writeFile(join(folder, 'index.html'), '<title>A page</title>\n');
    for (const name of ['first', 'never'])
      await writeFile(join(folder, `src/${name}.ts`), `export const name = '${name}';\n`);
    const child = spawn(process.execPath, ['--input-type=module', '--eval', build(folder)], {
      stdio: 'inherit',
    });
    const ended = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    await until('half of the build', () => existsSync(join(folder, 'dist', first)));
    child.kill('SIGKILL');
    await ended;
    assert.equal(builtMs(folder), 0);
    await buildWhole(folder, async () => {});
    assert.ok(builtMs(folder) > 0);
  });

test('PROJ10: every package is built by what marks half of a build', async () => {
  for (const name of await readdir(join(root, 'packages'))) {
    const { scripts } = JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8'));
    if (scripts?.build === undefined) continue;
    assert.equal(scripts.build, 'node build.mjs', name);
    assert.match(
      await readFile(join(root, 'packages', name, 'build.mjs'), 'utf8'),
      /^await build(Package|Whole)\(/m,
      name,
    );
  }
});
