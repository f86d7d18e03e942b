import { afterAll, beforeAll, expect, test } from 'bun:test';
import { tokenFor } from '../../../testing/clients/client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** The built SDK as a plain page of another origin gets it: by a script tag, and nothing else said. */

let browser: Chromium;
let server: TestServer;
beforeAll(async () => {
  browser = await launchChromium();
  server = await startTestServer();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

test('OPS14, SDK29: a page that loads the script from the server talks to that server, with the API it knows', async () => {
  const channel = 'script tag';
  const open = async () => {
    const page = await browser.newPage();
    await page.addScriptTag({ url: `${server.url}/sdk/AgoraRTC_N.js` });
    return page;
  };
  const host = await open();
  await host.evaluate(
    async ({ app, channel, token }) => {
      const { AgoraRTC } = window as Page;
      const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
      await client.setClientRole('host');
      await client.join(app, channel, token, 'host');
      await client.publish(await AgoraRTC.createMicrophoneAndCameraTracks());
    },
    { app: testApp.id, channel, token: tokenFor(channel, { account: 'host' }) },
  );
  const viewer = await open();
  await viewer.evaluate(
    async ({ app, channel, token }) => {
      const { AgoraRTC } = window as Page;
      const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
      document.body.insertAdjacentHTML(
        'beforeend',
        '<div id="player" style="width:320px;height:180px"></div>',
      );
      client.on('user-published', async (user: Page, kind: string) => {
        await client.subscribe(user, kind);
        if (kind === 'video') user.videoTrack.play('player');
      });
      await client.join(app, channel, token, null);
    },
    { app: testApp.id, channel, token: tokenFor(channel, { uid: 0 }, 'audience') },
  );
  await until('the picture', () =>
    viewer.evaluate(() => {
      const video = document.querySelector<HTMLVideoElement>('#player video.agora_video_player');
      return (video?.videoWidth ?? 0) > 0 && (video?.currentTime ?? 0) > 0;
    }),
  );
  expect(await viewer.evaluate(() => location.origin)).not.toBe(server.url);
}, 180_000);
