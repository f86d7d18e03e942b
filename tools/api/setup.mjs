import { fileURLToPath } from 'node:url';
import { setUpBuilds, setUpPackages } from '../../scripts/setup/setup.mjs';
import { setUpTool } from '../installed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Packages whose types are API. */
export const packages = ['rtc', 'rtm', 'react', 'webhook', 'client'];

/** The compiler options with which the types are read: those of an application that has no other types. */
export const compilerOptions = {
  target: 'ES2022',
  module: 'ESNext',
  moduleResolution: 'bundler',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  types: [],
  strict: true,
};

/** Installs the tool's dependencies, and builds the packages where they are stale. */
export async function setUpApiTools() {
  await setUpPackages();
  setUpTool(here);
  setUpBuilds(packages);
}
