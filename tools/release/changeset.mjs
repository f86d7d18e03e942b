// `npm run changeset`: asks what changed for users, and notes it in .changeset/. `npm run changeset version` makes versions and changelogs of
// the notes, and brings the lock file after. Other words are those of Changesets.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../../scripts/setup/setup.mjs';
import { setUpTool } from '../installed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
setUpTool(here);
const words = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [join(here, 'node_modules/@changesets/cli/bin.js'), ...words],
  { cwd: root, stdio: 'inherit' },
);
if (status === 0 && words[0] === 'version') {
  // Private packages have the version of all, and nobody reads their changelogs.
  for (const name of readdirSync(join(root, 'packages'))) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    if (manifest.private) rmSync(join(root, 'packages', name, 'CHANGELOG.md'), { force: true });
  }
  run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund']);
}
process.exit(status ?? 1);
