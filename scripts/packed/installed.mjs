// A project elsewhere, in a folder outside of the repository, that installed the packed packages. Every test of them shares one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { root } from '../setup/setup.mjs';

/** What such projects have beside ours; one version each, so that a new one of theirs breaks nothing here. */
const others = [
  ...['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1', 'vite@8.3.8', 'ws@8.18.3'],
  ...[
    'esbuild@0.28.2',
    'rollup@4.68.8',
    '@rollup/plugin-commonjs@29',
    '@rollup/plugin-node-resolve@16',
    'webpack@5.113.0',
  ],
  // What looks at them.
  ...['typescript@7.0.2', '@types/react@19.3.0', '@types/node@26.6.7'],
  // The newest that resolves as Node did before it knew `exports`.
  'typescript-5@npm:typescript@5.9.3',
  ...['publint@0.3.25', '@arethetypeswrong/core@0.18.5'],
];
const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Runs a command in the folder, and gives what it printed; fails with all of it. */
export function runIn(
  /** @type {string} */ folder,
  /** @type {string} */ command,
  /** @type {string[]} */ ...args
) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

let packing;
/** Folder of the tarballs, and the path of each by its package's name. */
export function packs() {
  packing ??= pack();
  return packing;
}
async function pack() {
  const folder = await temporary('packs');
  runIn(folder, process.execPath, join(root, 'scripts/pack.mjs'), folder);
  const names = readdirSync(folder);
  assert.equal(names.length, 6, names.join());
  const byName = new Map();
  for (const file of names) {
    const name = /^housecount-(?:([a-z]+)-)?\d/.exec(file)?.[1];
    byName.set(name ? `@housecount/${name}` : 'housecount', join(folder, file));
  }
  return { folder, byName };
}

let installing;
/** The project: the packages first, all else by a later install, which takes none of them away. */
export function project() {
  installing ??= install();
  return installing;
}
async function install() {
  const { byName } = await packs();
  const folder = await temporary('project');
  await write(folder, { 'package.json': JSON.stringify({ name: 'app', private: true }) });
  runIn(folder, 'npm', 'install', ...quietly, ...byName.values());
  runIn(folder, 'npm', 'install', ...quietly, ...others);
  return {
    folder,
    run: (/** @type {string} */ command, /** @type {string[]} */ ...args) => runIn(folder, command, ...args),
    write: (/** @type {Record<string, string>} */ files) => write(folder, files),
  };
}

/** Writes files, each by its path below the folder. */
async function write(/** @type {string} */ folder, /** @type {Record<string, string>} */ files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** @type {string[]} */
const made = [];
/** An empty folder, which is removed at the end. */
export async function temporary(/** @type {string} */ name) {
  const folder = await mkdtemp(join(tmpdir(), `housecount-${name}-`));
  made.push(folder);
  return folder;
}
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));
