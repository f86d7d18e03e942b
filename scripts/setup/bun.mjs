// The pinned Bun that npm installed. Its own binary is taken directly, so that it is found even where npm ran no
// install scripts.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Path of the first installed Bun that runs on this processor. */
export function bunPath() {
  const folder = join(root, 'node_modules/@oven');
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const candidates = [
    ...names.map((name) => join(folder, name, 'bin/bun')),
    join(root, 'node_modules/bun/bin/bun.exe'),
  ];
  for (const path of candidates) {
    if (existsSync(path) && spawnSync(path, ['--version']).status === 0) return path;
  }
  throw new Error('Bun is not installed: run npm ci');
}
