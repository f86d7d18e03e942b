// The command line with the server in it, as the installed package has it. Bun runs the sources as well; a bundle needs no other package of
// ours and exports nothing.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => join(import.meta.dirname, path);
const { dependencies } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
rmSync(here('dist'), { recursive: true, force: true });
await build({
  entryPoints: {
    housecount: here('src/installed.ts'),
    'media-child': here('../server/src/media/embedded/child.ts'),
  },
  outdir: here('dist'),
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // A command loads only what it needs.
  splitting: true,
  format: 'esm',
  conditions: ['@housecount/source'],
  platform: 'node',
  target: 'esnext',
  // Packages that are installed beside the bundle, and modules that Bun brings, are not bundled.
  external: [...Object.keys(dependencies), 'bun:*'],
  legalComments: 'none',
});
