import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtMs } from './setup.mjs';
import { until } from './until.mjs';

/** Builds the package in the folder: a first script, and a second one that is never done. */
const build = (
  /** @type {string} */ folder,
) => `import { buildPackage } from ${JSON.stringify(new URL('./build-package.mjs', import.meta.url).href)};
const never = { name: 'never', setup: ({ onLoad }) => onLoad({ filter: /never/ }, () => new Promise(() => {})) };
await buildPackage(${JSON.stringify(folder)}, {
  scripts: ['first', 'never'].map((name) => ({ entry: \`src/\${name}.ts\`, file: \`\${name}.js\`, format: 'esm' })),
  options: { plugins: [never] },
  types: {},
});`;

test('PROJ10: a build that is ended half way does not pass for one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-build-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'package.json'), '{}');
  for (const name of ['first', 'never'])
    await writeFile(join(folder, `src/${name}.ts`), `export const name = '${name}';\n`);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', build(folder)], {
    stdio: 'inherit',
  });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  const dist = join(folder, 'dist');
  await until('half of the build', () => existsSync(join(dist, 'first.js')));
  child.kill('SIGKILL');
  await ended;
  assert.equal(builtMs(dist), 0);
});
