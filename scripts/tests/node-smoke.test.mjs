// The packages that customers install, as they are built, in plain Node: no window, no Bun, no TypeScript.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const fixture = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../packages/protocol/fixtures/${name}`, import.meta.url), 'utf8'));

test('SDK: importing @housecount/rtc needs no window and has no effect', async () => {
  const before = Object.keys(globalThis);
  const module = await import('@housecount/rtc');
  assert.deepEqual(Object.keys(globalThis), before);
  assert.equal(typeof module.default.createClient, 'function');
  assert.match(module.default.VERSION, /^\d+\.\d+/);
  assert.equal(module.AgoraRTCErrorCode.INVALID_PARAMS, 'INVALID_PARAMS');
  assert.equal(typeof (await import('@housecount/rtc/esm')).createClient, 'function');
});

test('RTM9: importing @housecount/rtm needs no window and has no effect', async () => {
  const before = Object.keys(globalThis);
  const { default: AgoraRTM, RTMClient } = await import('@housecount/rtm');
  assert.deepEqual(Object.keys(globalThis), before);
  const client = new AgoraRTM.RTM('a'.repeat(32), 'ann');
  assert.ok(client instanceof RTMClient);
  await assert.rejects(client.publish('lobby', 'hi'), { errorCode: -10025, operation: 'publish' });
});

test('RTM9: what fails and is caught by nobody is shown with its sentence, not with the whole bundle', () => {
  const app = `import AgoraRTM from '@housecount/rtm';
    const client = new AgoraRTM.RTM('${'a'.repeat(32)}', 'ann');
    await client.subscribe('lobby');`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', app], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /Error Code -10025 - There is no connection/);
  assert.ok(stderr.length < 5_000, `${stderr.length} characters`);
});

test('RTM9: a TypeScript app that imports @housecount/rtm by name compiles, without our sources', async () => {
  const app = `import AgoraRTM, { RTMClient, type RTMConfig, type RTMEvents } from '@housecount/rtm';
const config: RTMConfig = { presenceTimeout: 30 };
const client: RTMClient = new AgoraRTM.RTM('a', 'b', config);
client.addEventListener('presence', ({ eventType, interval }: RTMEvents.PresenceEvent) => {
  if (eventType === 'INTERVAL') console.log(interval?.totalOccupancy);
});
client.on('message', ({ message, publisher }) => console.log(publisher, message));
const { totalOccupancy } = await client.presence.getOnlineUsers('lobby', 'MESSAGE');
export { totalOccupancy };
`;
  assert.deepEqual(await compiled(['rtm'], app), { status: 0, stdout: '' });
});

test('REACT6: a TypeScript app that uses the hooks compiles, without our sources', async () => {
  const app = `import { useChannel, useViewers, type ChannelView } from '@housecount/react';
import AgoraRTC from '@housecount/rtc';
import AgoraRTM from '@housecount/rtm';
const rtm = new AgoraRTM.RTM('a', 'b');
const rtc = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
export function room(): string {
  const view: ChannelView = useChannel(rtm, 'lobby', { messagesMax: 10 });
  const { members, audienceCount } = useViewers(rtc, 50);
  const roles: (string | undefined)[] = [...view.users.values()].map(({ role }) => role);
  return [view.occupancy, audienceCount, members.length, ...roles].join();
}
// @ts-expect-error: a client is needed
useChannel({}, 'lobby');
`;
  assert.deepEqual(await compiled(['rtc', 'rtm', 'react'], app), { status: 0, stdout: '' });
  const { dependencies } = JSON.parse(readFileSync(join(root, 'packages/react/package.json'), 'utf8'));
  assert.equal(dependencies, undefined);
});

/** What the compiler says of `app`, beside which the built packages `names` are installed. */
async function compiled(/** @type {string[]} */ names, /** @type {string} */ app) {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-types-'));
  try {
    for (const name of names) {
      const installed = join(folder, 'node_modules/@housecount', name);
      await mkdir(installed, { recursive: true });
      for (const part of ['dist', 'package.json'])
        await cp(join(root, 'packages', name, part), join(installed, part), { recursive: true });
    }
    const compilerOptions = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
    await writeFile(join(folder, 'app.ts'), app);
    const tsc = fileURLToPath(
      import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'),
    );
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    return { status, stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('HOOK: @housecount/webhook verifies the published vectors and reads a notice', async () => {
  const { verify, parseNotice } = await import('@housecount/webhook');
  const vectors = fixture('notice-signatures.json');
  assert.ok(vectors.length >= 3);
  for (const { secret, body, sha1, sha256 } of vectors) {
    assert.equal(createHmac('sha256', secret).update(body).digest('hex'), sha256);
    assert.equal(await verify(body, { 'agora-signature-v2': sha256 }, secret), true);
    assert.equal(await verify(body, new Headers({ 'Agora-Signature': sha1 }), secret), true);
    assert.equal(await verify(`${body} `, { 'agora-signature-v2': sha256 }, secret), false);
    assert.equal(await verify(body, { 'agora-signature-v2': sha256 }, `${secret}x`), false);
  }
  const [first] = fixture('notices.json').filter(
    (/** @type {any} */ { event }) => event.type === 'member-joined',
  );
  const notice = parseNotice(first.notice);
  assert.equal('uid' in notice && notice.uid, first.event.uid);
  assert.equal(notice.seq, first.event.seq);
});

test('SDK34: a TypeScript app that imports @housecount/rtc by name compiles, without our sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-types-'));
  try {
    await mkdir(join(folder, 'node_modules/@housecount/rtc'), { recursive: true });
    for (const part of ['dist', 'package.json'])
      await cp(join(root, 'packages/rtc', part), join(folder, 'node_modules/@housecount/rtc', part), {
        recursive: true,
      });
    const options = {
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
    };
    const lib = ['es2022', 'dom', 'dom.iterable'];
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...options, lib, types: [] }, files: ['app.ts'] }),
    );
    await writeFile(
      join(folder, 'app.ts'),
      `import AgoraRTC, {
  type ConnectionState, type IAgoraRTCClient, type IAgoraRTCRemoteUser, type ICameraVideoTrack, type ILocalTrack,
  type IMicrophoneAudioTrack, type IRemoteAudioTrack, type IRemoteVideoTrack, type NetworkQuality, type UID,
} from '@housecount/rtc';
import { createClient } from '@housecount/rtc/esm';
const client: IAgoraRTCClient = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host' });
client.on('user-published', async (user: IAgoraRTCRemoteUser, kind) => {
  const track: IRemoteAudioTrack | IRemoteVideoTrack = await client.subscribe(user, kind);
  track.stop();
});
client.on('connection-state-change', (now: ConnectionState) => console.log(now));
client.on('network-quality', (quality: NetworkQuality) => console.log(quality.uplinkNetworkQuality));
client.on('audience-joined', (member) => console.log(member.account ?? member.uid));
const uid: UID = await client.join('a', 'b', null, 'ann');
const tracks: [IMicrophoneAudioTrack, ICameraVideoTrack] = await AgoraRTC.createMicrophoneAndCameraTracks();
const all: ILocalTrack[] = tracks;
await client.publish(tracks);
export { all, createClient, uid };
`,
    );
    const tsc = fileURLToPath(
      import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'),
    );
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    assert.equal(stdout, '');
    assert.equal(status, 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('HOOK40: @housecount/webhook has a roster, stores and handlers that load in plain Node', async () => {
  /** @type {typeof import('@housecount/webhook')} */
  const { Roster, RosterError, memoryStore, parseNotice, fetchHandler } = await import(
    `${root}/packages/webhook/dist/index.js`
  );
  const roster = new Roster({ store: memoryStore() });
  // The fixtures speak of the channel that an endpoint's check uses, which a roster leaves out.
  const [created] = fixture('notices.json');
  const first = parseNotice(created.notice.replace('test_webhook', 'lobby'));
  assert.equal((await roster.take(first)).applied, true);
  await assert.rejects(roster.take({ ...first, seq: 0 }), RosterError);
  assert.equal(
    (await fetchHandler({ secret: 's' })(new Request('http://x/', { method: 'POST' }))).status,
    401,
  );
});

const readme = readFileSync(new URL('../../packages/webhook/README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
assert.equal(examples.length, 2);
for (const [index, code] of examples.entries())
  test(`HOOK46: example ${index + 1} of the readme of @housecount/webhook works as it is`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'housecount-readme-'));
    const modules = join(folder, 'node_modules', '@housecount');
    await mkdir(modules, { recursive: true });
    await symlink(join(root, 'packages/webhook'), join(modules, 'webhook'), 'dir');
    const print = "function () { console.log('port', this.address().port); }";
    const onFreePort = code.replace('.listen(9000)', `.listen(0, '127.0.0.1', ${print})`);
    assert.notEqual(onFreePort, code);
    // No server is asked to heal: there is none.
    await writeFile(join(folder, 'example.mjs'), onFreePort.replace('127.0.0.1:7080', '127.0.0.1:1'));
    const child = spawn(process.execPath, ['example.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const [, port] = /^port (\d+)$/.exec(String((await lines.next()).value)) ?? [];
      const send = (/** @type {string} */ body, /** @type {string} */ signature) =>
        fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body,
          headers: { 'Agora-Signature-V2': signature, Connection: 'close' },
        });
      const payload = { channelName: 'lobby', ts: 1, uid: 77, clientSeq: 5, platform: 7 };
      const body = JSON.stringify({ noticeId: 'x', productId: 1, eventType: 105, notifyMs: 1, payload });
      assert.equal((await send(body, '0'.repeat(64))).status, 401);
      assert.equal(
        (await send(body, createHmac('sha256', 'choose-another').update(body).digest('hex'))).status,
        200,
      );
      assert.match(String((await lines.next()).value), /77/);
      // The same lines take a batch, signed as Standard Webhooks does.
      const place = { time: '2026-01-31T20:00:00.000Z', app: 'a', channel: 'hall', sid: 'S' };
      const member = { uid: 78, role: 'audience', platform: 'web', clientSeq: 6 };
      const batch = JSON.stringify([
        { id: 'S:1:101', type: 'channel.opened', ...place, seq: 1, count: 0, data: { profile: 'live' } },
        { id: 'S:2:105', type: 'member.joined', ...place, seq: 2, count: 1, data: member },
      ]);
      const sendBatch = (/** @type {string} */ secret) => {
        const seconds = Math.floor(Date.now() / 1000);
        const mac = createHmac('sha256', secret).update(`b1.${seconds}.${batch}`).digest('base64');
        return fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body: batch,
          headers: {
            'webhook-id': 'b1',
            'webhook-timestamp': String(seconds),
            'webhook-signature': `v1,${mac}`,
            Connection: 'close',
          },
        });
      };
      assert.equal((await sendBatch('wrong')).status, 401);
      assert.equal((await sendBatch('choose-another')).status, 200);
      for (let line = ''; !line.includes('78'); ) line = String((await lines.next()).value);
    } finally {
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    }
  });
