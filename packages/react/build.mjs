// The hooks, as a module and for `require`. React and the SDKs stay outside.

import { oldestBrowsers } from '../../scripts/build/browsers.mjs';
import { buildPackage } from '../../scripts/build/build-package.mjs';

await buildPackage(import.meta.dirname, {
  scripts: [
    { entry: 'src/index.ts', file: 'index.js', format: 'esm' },
    { entry: 'src/index.ts', file: 'cjs/index.js', format: 'cjs' },
  ],
  // The directive: where a framework renders on its server, hooks are the client's.
  options: { target: oldestBrowsers, platform: 'neutral', banner: { js: "'use client';" } },
  types: { index: 'src/index.ts' },
});
