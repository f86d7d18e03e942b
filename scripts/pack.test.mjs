// The packed packages in a project of Next.js, whose bundler resolves nothing outside of the project's folder.
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

test('CLI32: the packed packages build in a Next.js app, after a second install too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-next-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const run = (command, ...args) => {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env });
    assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };
  const packs = run(process.execPath, join(root, 'scripts/pack.mjs'), join(folder, 'packs'))
    .trim()
    .split('\n');
  assert.equal(packs.length, 4);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', 'install', ...quietly, ...packs.map((pack) => `./${pack}`), ...others);
  run('npm', 'install', ...quietly, '--save-dev', ...tools);
  assert.match(run('npx', 'next', 'build'), /\/hook/);
  const { version } = JSON.parse(await readFile(join(root, 'packages/rtm/package.json'), 'utf8'));
  const installed = await readFile(join(folder, 'node_modules/@housecount/rtm/package.json'), 'utf8');
  assert.equal(JSON.parse(installed).version, version);
});
