import { readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
rmSync(dist, { recursive: true, force: true });

const shared = { bundle: true, minify: true, target: 'es2022', platform: 'browser', legalComments: 'none' };
const outputs = [
  { entryPoints: [join(here, 'src/index.ts')], format: 'esm', outfile: join(dist, 'housecount-rtc.esm.js') },
  {
    entryPoints: [join(here, 'src/esm.ts')],
    format: 'esm',
    outfile: join(dist, 'housecount-rtc.functions.js'),
  },
  { entryPoints: [join(here, 'src/global.ts')], format: 'iife', outfile: join(dist, 'AgoraRTC.iife.js') },
];

for (const output of outputs) {
  await build({ ...shared, ...output, sourcemap: true });
  const bytes = statSync(output.outfile).size;
  const zipped = gzipSync(readFileSync(output.outfile)).length;
  console.log(`${output.outfile.slice(here.length + 1)}  ${bytes} bytes, ${zipped} gzipped`);
}
