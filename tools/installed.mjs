// Tools that most who run or change Housecount never need are not installed with the workspace, but each when it is first called.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../scripts/setup/setup.mjs';

/** `npm ci` in the folder of a tool, if what is installed there is not that of its lock file. */
export function setUpTool(/** @type {string} */ folder) {
  const lock = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write(`housecount: installing what is needed in ${folder} (npm) …\n`);
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] });
}
