// The installed packages are imported in every way that apps do it: in Node, through bundlers, in Vite and in Next.js.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../setup/setup.mjs';
import { project } from './installed.mjs';

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

test('RTM97: the package is imported whole, by name and by default, and required, through bundlers too', async () => {
  const { folder, run, write } = await project();
  const use = "new RTM('a'.repeat(32), 'ann').publish('x', 'x').catch(({ name }) => console.log(name));";
  for (const [file, text] of Object.entries(imports))
    await write({ [`imports/${file}`]: `${text}\n${use}\n` });
  for (const [bundler, text] of Object.entries(bundlers)) {
    await write({ [`imports/${bundler}.mjs`]: text });
    const script = `import { bundle } from './imports/${bundler}.mjs'; import { join } from 'node:path';
for (const file of ${JSON.stringify(Object.keys(imports))})
  console.log(await bundle(join(process.cwd(), 'imports', file), join(process.cwd(), 'imports/out', '${bundler}-' + file.replace('.mjs', '.cjs'))));`;
    for (const made of run(process.execPath, '--input-type=module', '--eval', script).trim().split('\n'))
      assert.equal(run(process.execPath, made).trim(), 'RtmInvalidStatusError', join(folder, made));
  }
});

/** The entries of the original's services, with a name that apps import from each. */
const services = Object.fromEntries(
  Object.entries({
    'ai-audio-mode': 'AiAudioModeService',
    'channel-media-relay': 'ChannelMediaRelayService',
    'content-inspect': 'ContentInspectService',
    'data-stream': 'DataStreamService',
    datachannel: 'DataChannelConnectionService',
    'image-moderation': 'ImageModerationService',
    'intercept-frame': 'InterceptFrameService',
    'live-streaming': 'LiveStreamingService',
    'p2p-channel': 'P2PChannelService',
    'planb-connection': 'PlanBConnectionService',
  }).map(([name, exported]) => [`@housecount/rtc/services/${name}`, [exported]]),
);

/** What each package is known by. */
const known = {
  '@housecount/rtc': ['default', 'AgoraRTCErrorCode', 'VERSION'],
  '@housecount/rtc/esm': ['default', 'createClient', 'createMicrophoneAudioTrack', 'onAudioAutoplayFailed'],
  '@housecount/rtc/full': ['default', 'AgoraRTCErrorCode', 'VERSION'],
  ...services,
  '@housecount/rtm': ['default', 'RTM', 'VERSION'],
  '@housecount/react': ['useChannel', 'useRoster', 'useViewers'],
  '@housecount/webhook': ['verify', 'parseNotices', 'Roster'],
  '@housecount/client': ['Housecount', 'ApiError'],
};

test('INST4: every package is imported and required in plain Node', async () => {
  const { run } = await project();
  const check = `for (const [name, exported] of Object.entries(${JSON.stringify(known)})) {
  const module = await load(name);
  for (const each of exported) if (module[each] === undefined) throw new Error(name + ' has no ' + each);
}`;
  run(process.execPath, '--input-type=module', '--eval', `const load = (name) => import(name); ${check}`);
  run(
    process.execPath,
    '--input-type=commonjs',
    '--eval',
    `const load = require; (async () => { ${check} })();`,
  );
});

test('SDK133: entries are found by what resolves as Node did before it knew `exports`', async () => {
  const { folder, run, write } = await project();
  const names = Object.entries(known).filter(([name]) => name.startsWith('@housecount/rtc'));
  const uses = names.map(
    ([name, exported], at) =>
      `import * as m${at} from '${name}'; for (const each of ${JSON.stringify(exported)}) if (m${at}[each] === undefined) throw new Error('${name} has no ' + each);`,
  );
  await write({
    'older/entry.js': `${uses.join('\n')}\nconsole.log('${names.length} entries');\n`,
    'older/build.mjs': `import webpack from 'webpack';
const output = { path: process.cwd() + '/older', filename: 'out.cjs' };
const options = { entry: './older/entry.js', mode: 'none', target: 'node', output, resolve: { exportsFields: [] } };
webpack(options, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString());
});
`,
  });
  run(process.execPath, 'older/build.mjs');
  assert.equal(run(process.execPath, join(folder, 'older/out.cjs')), `${names.length} entries\n`);
});

test('INST4: a page that takes the SDKs and the hooks is built by Vite', async () => {
  const { folder, run, write } = await project();
  await write({
    'vite/index.html': '<!doctype html><div id="root"></div><script type="module" src="./main.tsx"></script>',
    'vite/main.tsx': `import { useChannel } from '@housecount/react';
import AgoraRTC from '@housecount/rtc';
import { createClient } from '@housecount/rtc/esm';
import Full from '@housecount/rtc/full';
import { LiveStreamingService } from '@housecount/rtc/services/live-streaming';
import AgoraRTM from '@housecount/rtm';
import { createRoot } from 'react-dom/client';
AgoraRTC.use(LiveStreamingService);
const user = new AgoraRTM.RTM('0123456789abcdef0123456789abcdef', 'ann');
function Page() {
  const { occupancy } = useChannel(user, 'demo');
  return <p>{AgoraRTC.VERSION}: {occupancy} here, {typeof createClient}, {Full.VERSION}</p>;
}
createRoot(document.getElementById('root')!).render(<Page />);
`,
    // 'use client' is for frameworks that render on a server; Vite's plugin for React passes over it, too.
    'vite/vite.config.mjs': `const onwarn = ({ code, message }) => {
  if (code !== 'MODULE_LEVEL_DIRECTIVE') throw new Error(message);
};
export default { build: { rolldownOptions: { onwarn } } };
`,
  });
  run('npx', 'vite', 'build', 'vite', '--logLevel', 'warn');
  const assets = join(folder, 'vite/dist/assets');
  const [script] = readdirSync(assets).filter((name) => name.endsWith('.js'));
  assert.match(readFileSync(join(assets, script), 'utf8'), /housecount/i);
});

const nextApp = {
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
  // A component that runs on the server alone.
  'app/server/page.tsx': `import { useChannel } from '@housecount/react';
import AgoraRTC from '@housecount/rtc';
import AgoraRTM from '@housecount/rtm';
import { parseNotices } from '@housecount/webhook';
export default function Page() {
  return <p>{[AgoraRTC.VERSION, AgoraRTM.VERSION, typeof parseNotices, typeof useChannel].join()}</p>;
}
`,
  'app/hook/route.ts': `import { parseNotices, verify } from '@housecount/webhook';
export async function POST(request: Request) {
  const body = new Uint8Array(await request.arrayBuffer());
  if (!(await verify(body, request.headers, 'choose-another'))) return new Response(null, { status: 401 });
  return Response.json({ notices: parseNotices(body).length });
}
`,
  // What other tests write into the project is not the app's.
  'tsconfig.json': JSON.stringify({
    compilerOptions: { strict: true },
    include: ['next-env.d.ts', 'app', '.next/types'],
  }),
};

test('CLI32, INST4: the packed packages build in a Next.js app, on its server too, after a second install', async () => {
  const { folder, run, write } = await project();
  await write(nextApp);
  const built = run('npx', 'next', 'build');
  assert.match(built, /\/hook/);
  assert.match(built, /\/server/);
  const html = readFileSync(join(folder, '.next/server/app/server.html'), 'utf8');
  assert.match(html, /\d+\.\d+\.\d+,\d+\.\d+\.\d+,function,(?:function|object)/);
  const { version } = JSON.parse(readFileSync(join(root, 'packages/rtm/package.json'), 'utf8'));
  const installed = readFileSync(join(folder, 'node_modules/@housecount/rtm/package.json'), 'utf8');
  assert.equal(JSON.parse(installed).version, version);
});
