import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rtmToken } from '../../testing/clients/rtm-client.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'housecount-rtm-'));
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const app = `
import AgoraRTM from './rtm.mjs';
const [url, appId, annsToken, bobsToken] = process.argv.slice(2);
AgoraRTM.setParameter('HOUSECOUNT_URL', url);
const ann = new AgoraRTM.RTM(appId, 'ann');
const bob = new AgoraRTM.RTM(appId, 'bob');
await ann.login({ token: annsToken });
await bob.login({ token: bobsToken });
const heard = new Promise((resolve) => ann.addEventListener('message', resolve));
await ann.subscribe('lobby');
await bob.publish('lobby', new Uint8Array([1, 2, 3]));
const { publisher, message } = await heard;
const { occupants } = await bob.presence.getOnlineUsers('lobby', 'MESSAGE');
await Promise.all([ann.logout(), bob.logout()]);
console.log(publisher, [...message].join(), occupants.map(({ userId }) => userId).join());
`;

/** Node 22 and later have a WebSocket without being asked; the flag is known there, too. */
test('RTM9: two users of the built SDK talk in plain Node, which ends when they have logged out', async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('../../../rtm/src/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    outfile: join(folder, 'rtm.mjs'),
  });
  await Bun.write(join(folder, 'app.mjs'), app);
  const said = await new Promise<string>((resolve, reject) =>
    execFile(
      process.env.NODE ?? 'node',
      [
        '--experimental-websocket',
        join(folder, 'app.mjs'),
        server.url,
        testApp.id,
        rtmToken('ann'),
        rtmToken('bob'),
      ],
      { timeout: 30_000 },
      (error, stdout, stderr) => (error ? reject(new Error(stderr || error.message)) : resolve(stdout)),
    ),
  );
  expect(said).toBe('bob 1,2,3 ann\n');
}, 60_000);
