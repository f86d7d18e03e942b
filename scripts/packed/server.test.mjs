// The installed server is whole: its pages, its SDK files, a join that everybody hears of, and a notice that the installed verifier takes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { project } from './installed.mjs';
import { start } from './running.mjs';

const app = { id: '0123456789abcdef0123456789abcdef', certificate: 'fedcba9876543210fedcba9876543210' };

const receiver = `import { createServer } from 'node:http';
import { nodeHandler } from '@housecount/webhook';
const handler = nodeHandler({
  secret: 'choose-another',
  onNotice: ({ kind, uid, count }) => console.log('notice', kind, uid, count),
});
const server = createServer((request, response) =>
  void handler(request, response).then(() => { if (response.statusCode !== 200) console.log('refused', response.statusCode); }));
server.listen(0, '127.0.0.1', () => console.log('port', server.address().port));
`;
// What the README has for Node 20.
const watcher = `import { WebSocket } from 'ws';
globalThis.WebSocket ??= WebSocket;
const { default: AgoraRTM } = await import('@housecount/rtm');
const [, , url, app, token] = process.argv;
AgoraRTM.setParameter('HOUSECOUNT_URL', url);
const ann = new AgoraRTM.RTM(app, 'ann');
ann.addEventListener('presence', ({ eventType, publisher, snapshot }) => console.log('presence', eventType, publisher, snapshot?.length));
await ann.login({ token });
await ann.subscribe('demo');
console.log('subscribed');
`;

test('INST6: installed into an empty folder, the server has its pages and SDKs, counts a join, and signs what the verifier takes', async (t) => {
  const { folder, run, write } = await project();
  await write({ 'receiver.mjs': receiver, 'watcher.mjs': watcher });
  const notices = start(t, folder, [process.execPath, 'receiver.mjs']);
  const [, port] = await notices.line(/^port (\d+)/);
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    media: { udpPort: 0, announcedAddress: '127.0.0.1' },
    apps: [app],
    endpoints: [
      { app: app.id, url: `http://127.0.0.1:${port}/`, secret: 'choose-another', allowPrivateNetwork: true },
    ],
  };
  await write({ 'housecount.yaml': JSON.stringify(config) });
  const data = join(folder, 'data');
  const server = start(t, folder, [
    'npx',
    'housecount',
    'serve',
    '--config',
    'housecount.yaml',
    '--data-dir',
    data,
  ]);
  const [, url] = await server.line(/^listening on (http:\S+)/);

  const page = await fetch(`${url}/`);
  assert.equal(page.status, 200);
  const scripts = [...(await page.text()).matchAll(/\b(?:src|href)="\.\/(\S+?)"/g)].map(([, path]) => path);
  assert.ok(scripts.length >= 3, scripts.join());
  for (const path of [
    ...scripts,
    'demo',
    'sdk/AgoraRTC_N.js',
    'sdk/housecount-rtc.js',
    'sdk/agora-rtm.js',
    'sdk/housecount-rtm.js',
  ]) {
    const { status } = await fetch(`${url}/${path}`);
    assert.equal(status, 200, path);
  }
  assert.match(await (await fetch(`${url}/sdk/AgoraRTC_N.js`)).text(), /AgoraRTC/);
  // The media engine's process runs from the package, too.
  assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { status: 'ready' });

  const keys = ['--app', app.id, '--certificate', app.certificate, '--channel', 'demo'];
  const token = run('npx', 'housecount', 'token', ...keys, '--account', 'ann').trim();
  const presence = start(t, folder, [process.execPath, 'watcher.mjs', url, app.id, token]);
  await presence.line(/^subscribed/);
  const audience = start(t, folder, [
    'npx',
    'housecount',
    'simulate',
    '--url',
    url,
    ...keys,
    '--audience',
    '1',
    '--for',
    '1s',
  ]);
  await notices.line(/^notice joined 1 1$/);
  await presence.line(/^presence REMOTE_JOIN 1 /);
  assert.equal(await audience.ended(), 0, audience.said.join('\n'));
  await notices.line(/^notice left 1 0$/);
  assert.deepEqual(
    notices.said.filter((line) => line.startsWith('refused')),
    [],
  );
});
