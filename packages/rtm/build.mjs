/** Builds the SDK: bundles for browsers and Node, and the types. Prints each bundle's size. */

import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { oldestBrowsers } from '../../scripts/browsers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
rmSync(dist, { recursive: true, force: true });

const shared = {
  bundle: true,
  minify: true,
  // Node shows the whole line in which an error was thrown, and terminals and browsers are slow with one of 90 kB.
  lineLimit: 240,
  target: oldestBrowsers,
  platform: 'browser',
  sourcemap: true,
};
const outputs = [
  { entryPoints: [join(here, 'src/index.ts')], format: 'esm', outfile: join(dist, 'housecount-rtm.esm.js') },
  { entryPoints: [join(here, 'src/index.ts')], format: 'cjs', outfile: join(dist, 'cjs/index.js') },
  { entryPoints: [join(here, 'src/global.ts')], format: 'iife', outfile: join(dist, 'AgoraRTM.iife.js') },
];
for (const output of outputs) {
  await build({ ...shared, ...output });
  const bytes = statSync(output.outfile).size;
  const zipped = gzipSync(readFileSync(output.outfile)).length;
  console.log(`${relative(here, output.outfile)}  ${bytes} bytes, ${zipped} gzipped`);
}

const tsc = fileURLToPath(import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'));
execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.types.json')], { stdio: 'inherit' });
const types = join(dist, 'types');
// The types stand alone: those of the packages inside are beside them.
for (const name of readdirSync(types, { recursive: true })) {
  const path = join(types, name);
  if (!name.endsWith('.d.ts')) continue;
  let text = readFileSync(path, 'utf8');
  for (const inner of ['link', 'protocol']) {
    const at = relative(dirname(path), join(types, `${inner}/src/index.ts`));
    text = text.replaceAll(`'@housecount/${inner}'`, `'${at.startsWith('.') ? at : `./${at}`}'`);
  }
  writeFileSync(path, text);
}
writeFileSync(
  join(dist, 'index.d.ts'),
  "export * from './types/rtm/src/index.ts';\nexport { default } from './types/rtm/src/index.ts';\n",
);
// For `require` the same types stand in a folder of CommonJS modules.
cpSync(types, join(dist, 'cjs/types'), { recursive: true });
cpSync(join(dist, 'index.d.ts'), join(dist, 'cjs/index.d.ts'));
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n');
