import { afterAll, beforeAll, expect, test } from 'bun:test';
import AgoraRTM from '../../../../rtm/src/index.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

let browser: Chromium;
let server: TestServer;
beforeAll(async () => {
  browser = await launchChromium();
  server = await startTestServer({ apps: [{ id: testApp.id }] });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

test('ACCESS4: a quick start that knows an app id and no certificate runs: it joins with null, publishes, and is seen', async () => {
  const open = async () => {
    // A page of another server on this machine, as while an app is developed.
    const page = await browser.newPage();
    await page.addScriptTag({ url: `${server.url}/sdk/AgoraRTC_N.js` });
    return page;
  };
  const app = testApp.id;
  const host = await open();
  await host.evaluate(async (app) => {
    const { AgoraRTC } = window as Page;
    const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    await client.setClientRole('host');
    await client.join(app, 'quick start', null, 7);
    await client.publish(await AgoraRTC.createMicrophoneAndCameraTracks());
  }, app);
  const viewer = await open();
  await viewer.evaluate(async (app) => {
    const { AgoraRTC } = window as Page;
    const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    document.body.insertAdjacentHTML('beforeend', '<div id="player" style="width:320px;height:180px"></div>');
    client.on('user-published', async (user: Page, kind: string) => {
      await client.subscribe(user, kind);
      if (kind === 'video') user.videoTrack.play('player');
    });
    await client.join(app, 'quick start', null, null);
  }, app);
  await until('the picture', () =>
    viewer.evaluate(() => (document.querySelector<HTMLVideoElement>('#player video')?.videoWidth ?? 0) > 0),
  );
}, 180_000);

test('ACCESS4: a signaling client without a token, or with the app id in its place, logs in', async () => {
  for (const token of [undefined, '', testApp.id]) {
    const client = new AgoraRTM.RTM(testApp.id, `user-${token?.length}`, {
      logLevel: 'none',
      privateConfig: { serviceType: ['MESSAGE'], accessPointHosts: [server.url] },
    });
    try {
      await client.login(token === undefined ? undefined : { token });
      expect((await client.presence.getUserChannels(`user-${token?.length}`)).totalChannel).toBe(0);
    } finally {
      await client.logout();
    }
  }
}, 180_000);
