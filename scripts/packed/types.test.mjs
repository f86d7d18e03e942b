// Strict TypeScript takes the installed packages, whichever way it resolves modules.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packs, project, runIn } from './installed.mjs';

const page = `import { type ChannelView, useChannel, useRoster, useViewers } from '@housecount/react';
import AgoraRTC, { type IAgoraRTCClient, type UID } from '@housecount/rtc';
import { createClient } from '@housecount/rtc/esm';
import Full from '@housecount/rtc/full';
import { DataStreamService } from '@housecount/rtc/services/data-stream';
import { LiveStreamingService } from '@housecount/rtc/services/live-streaming';
import AgoraRTM, { RTM, type RTMClient, type RTMEvents } from '@housecount/rtm';
export const rtm: RTMClient = new RTM('a'.repeat(32), 'ann');
rtm.addEventListener('presence', ({ eventType, publisher }: RTMEvents.PresenceEvent) => console.log(eventType, publisher));
export const rtc: IAgoraRTCClient = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
// All entries speak of one client.
export const others: IAgoraRTCClient[] = [createClient({ mode: 'live', codec: 'vp8' }), Full.createClient({ mode: 'rtc', codec: 'vp8' })];
AgoraRTC.use(DataStreamService).use(LiveStreamingService);
rtc.on('audience-joined', (member) => console.log(member.account ?? member.uid));
export const joined: Promise<UID> = rtc.join('a', 'b', null, 'ann');
export function here(): number {
  const view: ChannelView = useChannel(rtm, 'demo');
  return view.occupancy + useViewers(rtc, 50).members.length + useRoster(rtm, 'demo').count;
}
console.log(AgoraRTM.VERSION);
// @ts-expect-error: a client is needed
useChannel({}, 'demo');
`;
/** Apps with a call of each member of the original, and of each function of its `/esm`, as they are but for the name of the package. */
const [app, functions] = ['app.ts', 'app-esm.ts'].map((name) =>
  readFileSync(new URL(`../../packages/rtc/test/types/${name}`, import.meta.url), 'utf8').replace(
    "'agora-rtc-sdk-ng",
    "'@housecount/rtc",
  ),
);
const backend = `import { ApiError, Housecount } from '@housecount/client';
import { type Notice, nodeHandler, parseNotices, Roster, type RosterStore, verify } from '@housecount/webhook';
export async function receive(body: Uint8Array, headers: Record<string, string>): Promise<number> {
  if (!(await verify(body, headers, 'choose-another'))) return 401;
  for (const notice of parseNotices(body)) if (notice.kind === 'joined') console.log(notice.uid, notice.count);
  return 200;
}
// A store of somebody's own.
const saved = new Map<string, string>();
const store: RosterStore = {
  load: (key) => { const value = saved.get(key); return value === undefined ? undefined : { value, version: 1 }; },
  save: (key, value) => { saved.set(key, JSON.stringify(value)); return true; },
};
export const roster = new Roster({ store, onError: (error) => console.error(error) });
export const handler = nodeHandler({ secret: 's', roster, onNotice: (notice: Notice) => console.log(notice.kind) });
const house = new Housecount({ url: 'https://live.example', customer: { id: 'backend', secret: 's' } });
export const watching: Promise<number> = house
  .call('getRoster', { app: 'a', channel: 'demo', limit: 100 })
  .then(({ count }) => count)
  .catch((error: unknown) => (error instanceof ApiError ? 0 : Promise.reject(error)));
// @ts-expect-error: no such kind
export const wrong: Notice['kind'] = 'came';
`;
/** TypeScript 7 resolves as Node does and as bundlers do; the newest 5 as Node did once, too. */
const ways = [
  { compiler: 'typescript-5', module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true },
  { compiler: 'typescript', module: 'node16', moduleResolution: 'node16' },
  { compiler: 'typescript', module: 'esnext', moduleResolution: 'bundler' },
];

for (const { compiler, ...options } of ways)
  test(`INST3: strict TypeScript takes the packages under ${options.moduleResolution} (${compiler})`, async () => {
    const { run, write } = await project();
    const folder = `types/${compiler}-${options.moduleResolution}`;
    const strict = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: 'es2022',
      noUncheckedIndexedAccess: true,
    };
    const both = (/** @type {string} */ name, /** @type {string[]} */ files, /** @type {object} */ rest) => ({
      [`${folder}/${name}.json`]: JSON.stringify({
        compilerOptions: { ...strict, ...options, ...rest },
        files,
      }),
    });
    // As ES modules and as CommonJS, which node16 tells apart by the name of the file.
    await write({
      ...Object.fromEntries(
        ['mts', 'cts'].flatMap((ending) => [
          [`${folder}/page.${ending}`, page],
          [`${folder}/app.${ending}`, app],
          [`${folder}/functions.${ending}`, functions],
          [`${folder}/backend.${ending}`, backend],
        ]),
      ),
      ...both(
        'page',
        ['page', 'app', 'functions'].flatMap((file) => [`${file}.mts`, `${file}.cts`]),
        {
          ...{ lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
          // What new projects of Angular ask for beside `strict`.
          ...{ noImplicitOverride: true, noImplicitReturns: true, noFallthroughCasesInSwitch: true },
          ...{ noPropertyAccessFromIndexSignature: true, isolatedModules: true },
        },
      ),
      // A backend has no DOM.
      ...both('backend', ['backend.mts', 'backend.cts'], {
        lib: ['es2023'],
        types: ['node'],
        skipLibCheck: true,
      }),
    });
    for (const name of ['page', 'backend'])
      run(process.execPath, `node_modules/${compiler}/bin/tsc`, '-p', `${folder}/${name}.json`);
  });

test('INST3: declarations are one file for each entry and name no package that an app does not have', async () => {
  const { folder, byName } = await packs();
  for (const [name, path] of byName) {
    if (name === 'housecount') continue;
    const manifest = JSON.parse(runIn(folder, 'tar', 'xzOf', path, 'package/package.json'));
    const files = runIn(folder, 'tar', 'tzf', path)
      .trim()
      .split('\n')
      .filter((file) => file.endsWith('.d.ts'));
    assert.ok(files.length >= 2 && files.length <= 10, files.join());
    for (const file of files) {
      const text = runIn(folder, 'tar', 'xzOf', path, file);
      const named = [...text.matchAll(/\bfrom ["']([^."'][^"']*)["']|import\(["']([^."'][^"']*)["']\)/g)].map(
        ([, a, b]) => a ?? b,
      );
      for (const each of named)
        assert.ok(Object.hasOwn(manifest.peerDependencies ?? {}, each), `${name}: ${file} names ${each}`);
    }
  }
});
