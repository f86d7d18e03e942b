// `npm run pack`: the packages that are installed elsewhere, as tarballs in packs/. An installed tarball is a plain folder, which every
// bundler resolves; a folder that npm links lies outside the project, where some (Next.js with Turbopack) do not look.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, run, setUpBuilds, setUpPackages } from './setup/setup.mjs';

const packed = ['cli', 'rtc', 'rtm', 'react', 'webhook', 'client'];
/** What the server hands out, in the places where packages/cli/src/installed.ts says that it is. */
const carried = [
  ['packages/console/dist', 'console'],
  ...['rtc/dist/AgoraRTC.iife.js', 'rtc/dist/housecount-rtc.esm.js'].map((file) => [
    `packages/${file}`,
    `sdk/${file}`,
  ]),
  ...['rtm/dist/AgoraRTM.iife.js', 'rtm/dist/housecount-rtm.esm.js'].map((file) => [
    `packages/${file}`,
    `sdk/${file}`,
  ]),
];
/** What a manifest says for this repository alone. */
const insideOnly = new Set(['scripts', 'devDependencies', 'private']);
const sourceCondition = '@housecount/source';

/** Sets the package's files out in `stage` as they are installed: no sources, no tests, and a manifest that names neither. */
function setOut(/** @type {string} */ name, /** @type {string} */ stage) {
  const from = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'), (key, value) =>
    insideOnly.has(key) || key === sourceCondition ? undefined : value,
  );
  mkdirSync(stage, { recursive: true });
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  if (name === 'cli')
    for (const [source, target] of carried)
      cpSync(join(root, source), join(stage, target), { recursive: true });
  for (const file of manifest.files) {
    if (existsSync(join(from, file))) cpSync(join(from, file), join(stage, file), { recursive: true });
    if (!existsSync(join(stage, file))) throw new Error(`packages/${name} has no ${file}: is it built?`);
  }
}

await setUpPackages();
setUpBuilds();
run('npm', ['run', '--silent', 'bundle', '-w', 'packages/cli'], { stdio: ['ignore', 2, 2] });
const folder = process.argv[2] ?? join(root, 'packs');
mkdirSync(folder, { recursive: true });
const stages = mkdtempSync(join(tmpdir(), 'housecount-pack-'));
try {
  for (const name of packed) setOut(name, join(stages, name));
  const { stdout, status } = spawnSync(
    'npm',
    ['pack', '--json', '--pack-destination', folder, ...packed.map((name) => `./${name}`)],
    { cwd: stages, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) process.exitCode = status ?? 1;
  else
    for (const { filename } of JSON.parse(stdout))
      console.log(relative(process.cwd(), join(folder, filename)));
} finally {
  rmSync(stages, { recursive: true, force: true });
}
