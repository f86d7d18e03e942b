// `npm run pack`: the packages that pages and backends install, as tarballs in packs/. An installed tarball is a plain folder, which every
// bundler resolves; a folder that npm links lies outside the project, where some (Next.js with Turbopack) do not look.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, setUpBuilds, setUpPackages } from './setup.mjs';

const packed = ['rtc', 'rtm', 'react', 'webhook'];

await setUpPackages();
setUpBuilds();
const folder = process.argv[2] ?? join(root, 'packs');
mkdirSync(folder, { recursive: true });
const workspaces = packed.flatMap((name) => ['-w', `packages/${name}`]);
const { stdout, status } = spawnSync('npm', ['pack', '--json', '--pack-destination', folder, ...workspaces], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status !== 0) process.exit(status ?? 1);
for (const { filename } of JSON.parse(stdout)) console.log(relative(process.cwd(), join(folder, filename)));
