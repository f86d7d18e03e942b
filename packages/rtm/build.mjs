// The SDK for bundlers and Node, for `require`, and for a script tag.
import { buildPackage, forPages } from '../../scripts/build/build-package.mjs';

await buildPackage(import.meta.dirname, {
  scripts: [
    { entry: 'src/index.ts', file: 'housecount-rtm.esm.js', format: 'esm' },
    { entry: 'src/index.ts', file: 'cjs/index.js', format: 'cjs' },
    { entry: 'src/global.ts', file: 'AgoraRTM.iife.js', format: 'iife' },
  ],
  options: forPages,
  types: { index: 'src/index.ts' },
});
