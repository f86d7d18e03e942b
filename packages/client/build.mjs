// Makes dist/index.js, one ES module without dependencies, and dist/index.cjs for `require`, for Node, browsers and edge runtimes; and the types.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
rmSync(here('dist'), { recursive: true, force: true });
for (const [format, outfile] of [
  ['esm', 'dist/index.js'],
  ['cjs', 'dist/index.cjs'],
])
  await build({
    entryPoints: [here('src/index.ts')],
    outfile: here(outfile),
    bundle: true,
    format,
    platform: 'neutral',
    target: 'es2022',
    legalComments: 'none',
  });
const tsc = fileURLToPath(import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'));
execFileSync(process.execPath, [tsc, '-p', here('tsconfig.types.json')], { stdio: 'inherit' });
