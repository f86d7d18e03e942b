// The packed packages as projects elsewhere install them: in Next.js, whose bundler resolves nothing outside of the project's folder, and
// imported in every way that apps of the original do it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './setup.mjs';

const files = {
  'app/layout.tsx': `export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  'app/page.tsx': `'use client';
import { useChannel } from '@housecount/react';
import AgoraRTC from '@housecount/rtc';
import AgoraRTM from '@housecount/rtm';
const user = new AgoraRTM.RTM('0123456789abcdef0123456789abcdef', 'ann');
export default function Page() {
  const { occupancy } = useChannel(user, 'demo');
  return <p>{AgoraRTC.VERSION}: {occupancy} here</p>;
}
`,
  'app/hook/route.ts': `import { parseNotices, verify } from '@housecount/webhook';
export async function POST(request: Request) {
  const body = new Uint8Array(await request.arrayBuffer());
  if (!(await verify(body, request.headers, 'choose-another'))) return new Response(null, { status: 401 });
  return Response.json({ notices: parseNotices(body).length });
}
`,
};
const others = ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'];
const tools = ['typescript@7.0.2', '@types/react@19.3.0', '@types/node@26.6.7'];

const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
/** Runs a command in the folder, and gives what it printed; fails with all of it. */
const runIn =
  (folder) =>
  (command, ...args) => {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env });
    assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };

/** How apps take the package, as they took the original; each leaves the class in `RTM`. */
const imports = {
  'default.mjs': "import AgoraRTM from '@housecount/rtm'; const { RTM } = AgoraRTM;",
  'named.mjs':
    "import { RTM, setArea, setParameter, getParameter, VERSION, BUILD, constantsType, RTMBaseError } from '@housecount/rtm'; if (![setArea, setParameter, getParameter, VERSION, BUILD, constantsType, RTMBaseError].every(Boolean)) throw new Error('a name lacks');",
  'whole.mjs': "import * as AgoraRTM from '@housecount/rtm'; const { RTM } = AgoraRTM;",
  'required.cjs': "const { RTM } = require('@housecount/rtm');",
  'required-default.cjs': "const { RTM } = require('@housecount/rtm').default;",
};
const bundlers = {
  none: 'export const bundle = (file) => file;',
  esbuild: `import { build } from 'esbuild';
export async function bundle(file, outfile) {
  await build({ entryPoints: [file], outfile, bundle: true, format: 'cjs', logLevel: 'error' });
  return outfile;
}`,
  rollup: `import commonjs from '@rollup/plugin-commonjs';
import resolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
export async function bundle(file, outfile) {
  const made = await rollup({ input: file, plugins: [resolve(), commonjs()] });
  await made.write({ file: outfile, format: 'cjs' });
  return outfile;
}`,
  webpack: `import { dirname, basename } from 'node:path';
import webpack from 'webpack';
export const bundle = (entry, outfile) =>
  new Promise((resolve, reject) =>
    webpack(
      { entry, mode: 'none', target: 'node', output: { path: dirname(outfile), filename: basename(outfile) } },
      (error, stats) => (error ?? stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve(outfile)),
    ),
  );`,
};

test('RTM97: the package is imported whole, by name and by default, and required, through bundlers too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-imports-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const run = runIn(folder);
  const packs = run(process.execPath, join(root, 'scripts/pack.mjs'), join(folder, 'packs'))
    .trim()
    .split('\n');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const tools = [
    'esbuild@0.28.2',
    'rollup@4.68.8',
    '@rollup/plugin-commonjs@29',
    '@rollup/plugin-node-resolve@16',
    'webpack@5.113.0',
  ];
  run('npm', 'install', ...quietly, ...packs.map((pack) => `./${pack}`), ...tools);
  const use = "new RTM('a'.repeat(32), 'ann').publish('x', 'x').catch(({ name }) => console.log(name));";
  for (const [file, text] of Object.entries(imports))
    await writeFile(join(folder, file), `${text}\n${use}\n`);
  for (const [bundler, text] of Object.entries(bundlers)) {
    await writeFile(join(folder, `${bundler}.mjs`), text);
    const script = `import { bundle } from './${bundler}.mjs'; import { join } from 'node:path';
for (const file of ${JSON.stringify(Object.keys(imports))})
  console.log(await bundle(join(process.cwd(), file), join(process.cwd(), 'out', '${bundler}-' + file.replace('.mjs', '.cjs'))));`;
    for (const made of run(process.execPath, '--input-type=module', '--eval', script).trim().split('\n'))
      assert.equal(run(process.execPath, made).trim(), 'RtmInvalidStatusError', made);
  }
});

test('CLI32: the packed packages build in a Next.js app, after a second install too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-next-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const run = runIn(folder);
  const packs = run(process.execPath, join(root, 'scripts/pack.mjs'), join(folder, 'packs'))
    .trim()
    .split('\n');
  assert.equal(packs.length, 4);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  run('npm', 'install', ...quietly, ...packs.map((pack) => `./${pack}`), ...others);
  run('npm', 'install', ...quietly, '--save-dev', ...tools);
  assert.match(run('npx', 'next', 'build'), /\/hook/);
  const { version } = JSON.parse(await readFile(join(root, 'packages/rtm/package.json'), 'utf8'));
  const installed = await readFile(join(folder, 'node_modules/@housecount/rtm/package.json'), 'utf8');
  assert.equal(JSON.parse(installed).version, version);
});
