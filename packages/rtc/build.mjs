// The SDK for bundlers, its functions one by one, the names of the original's services, all for `require` too, and for a script tag. The folders
// esm, full and services beside this file say the same to what resolves as Node did before it knew `exports`.
import { buildPackage, forPages } from '../../scripts/build/build-package.mjs';

await buildPackage(import.meta.dirname, {
  scripts: [
    { entry: 'src/index.ts', file: 'housecount-rtc.esm.js', format: 'esm' },
    { entry: 'src/esm.ts', file: 'housecount-rtc.functions.js', format: 'esm' },
    { entry: 'src/services.ts', file: 'housecount-rtc.services.js', format: 'esm' },
    { entry: 'src/index.ts', file: 'cjs/index.js', format: 'cjs' },
    { entry: 'src/esm.ts', file: 'cjs/esm.js', format: 'cjs' },
    { entry: 'src/services.ts', file: 'cjs/services.js', format: 'cjs' },
    { entry: 'src/global.ts', file: 'AgoraRTC.iife.js', format: 'iife' },
  ],
  options: forPages,
  types: { index: 'src/index.ts', esm: 'src/esm.ts', services: 'src/services.ts' },
});
