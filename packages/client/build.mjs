// Two modules without dependencies, one of them for `require`, for browsers, Node and edge runtimes.
import { buildPackage } from '../../scripts/build/build-package.mjs';

await buildPackage(import.meta.dirname, {
  scripts: [
    { entry: 'src/index.ts', file: 'index.js', format: 'esm' },
    { entry: 'src/index.ts', file: 'cjs/index.js', format: 'cjs' },
  ],
  options: { platform: 'neutral', target: 'es2022' },
  types: { index: 'src/index.ts' },
  language: 'ES2023',
});
