// Makes dist/index.js, one ES module without dependencies, and dist/index.cjs for `require`, for Node, browsers and edge runtimes.
import { copyFileSync, rmSync } from 'node:fs';
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
// The same types; TypeScript tells the two kinds of modules apart by the name of the file.
copyFileSync(here('index.d.ts'), here('dist/index.d.cts'));
