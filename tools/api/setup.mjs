import { fileURLToPath } from 'node:url';
import { setUpBuilds, setUpPackages } from '../../scripts/setup.mjs';
import { setUpTool } from '../installed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Packages whose types are API. */
export const packages = ['rtc', 'rtm', 'react', 'webhook', 'client'];

/** How their types are read: as an application does that has no other types. */
export const compilerOptions = {
  target: 'ES2022',
  module: 'ESNext',
  moduleResolution: 'bundler',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  types: [],
  strict: true,
};

/** What the tool needs, and the packages' builds where they are stale. */
export async function setUpApiTools() {
  await setUpPackages();
  setUpTool(here);
  setUpBuilds(packages);
}
