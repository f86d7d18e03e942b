import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page as BrowserPage } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { logoutAll, rtmToken, rtmUser } from '../../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { makeOlder } from '../older-browser.ts';
import {
  eventIn,
  eventsOf,
  inRoom,
  joined,
  type RoomEntry,
  type RoomPages,
  seesPictures,
  serveRoomPages,
} from '../room-page.ts';

/** Both SDKs in a browser that lacks all that the oldest ones lack. */

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([
    launchChromium(),
    // Long enough for a page that comes back on a busy machine.
    startTestServer({ leases: { rtcMs: 30_000, signalingMs: 30_000 } }),
    serveRoomPages(),
  ]);
}, 180_000);
afterAll(async () => {
  await logoutAll();
  await Promise.all([browser?.close(), server?.close(), pages?.close()]);
}, 180_000);

const olderPage = async (): Promise<BrowserPage> => {
  const page = await browser.newPage();
  await makeOlder(page);
  return page;
};

/** The page's network is away until `act` resolves. */
async function offline(page: BrowserPage, act: () => Promise<unknown>): Promise<void> {
  const devtools = await browser.context.newCDPSession(page);
  const set = (isOffline: boolean) =>
    devtools.send('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await devtools.send('Network.enable');
  await set(true);
  await act();
  await set(false);
}

test('SDK101: the browser SDK joins, publishes, plays, comes back and is reloaded where newer APIs are missing', async () => {
  const channel = 'older';
  const entry = (uid: number, role: RoomEntry['role']): RoomEntry => ({
    server: server.url,
    app: testApp.id,
    channel,
    uid,
    role,
    token: tokenFor(channel, { uid }),
  });
  const [host, viewer] = [await olderPage(), await olderPage()];
  await host.goto(pages.urlFor(entry(1, 'host')));
  expect(
    await host.evaluate(
      '[typeof URL.canParse, typeof AbortSignal.any, typeof [].toSpliced, typeof structuredClone, RTCPeerConnection.prototype.connectionState]',
    ),
  ).toEqual(['undefined', 'undefined', 'undefined', 'undefined', undefined]);
  await joined(host);
  await viewer.goto(pages.urlFor(entry(2, 'audience')));
  await joined(viewer);
  await seesPictures(viewer);

  for (const page of [viewer, host]) {
    await offline(page, () => eventIn(page, { name: 'state', detail: 'RECONNECTING' }));
    await until('connected again', () => inRoom(page, (room) => room.client.connectionState === 'CONNECTED'));
  }
  await seesPictures(viewer);

  const loaded = viewer.waitForEvent('load');
  await viewer.evaluate('void location.reload()');
  await loaded;
  await joined(viewer);
  await seesPictures(viewer);
  expect((await inRoom(viewer, (room) => room.names())).uids).toEqual([1, 2]);
  // Listeners that are taken away, tracks that are unpublished, and a goodbye.
  await viewer.evaluate(`(() => {
    const { client } = window.room;
    const listener = () => {};
    client.on('user-left', listener);
    client.off('user-left', listener);
  })()`);
  await inRoom(host, (room) => room.client.unpublish());
  await eventIn(viewer, { name: 'user-unpublished', detail: 'video' });
  await inRoom(viewer, (room) => room.client.leave());
  await eventIn(host, { name: 'audience-left', uid: 2, detail: 'quit' });
  expect((await eventsOf(viewer)).filter(({ name }) => name === 'subscribe-failed')).toEqual([]);
  await host.close();
  await viewer.close();
}, 180_000);

// biome-ignore lint/suspicious/noExplicitAny: the page is written against the API it had before, which has no types here.
type Page = any;

test('SDK101: the signaling SDK logs in, tells, comes back and is reloaded where newer APIs are missing', async () => {
  const bob = rtmUser(server.url, 'bob');
  await bob.client.login({ token: rtmToken('bob') });
  await bob.client.subscribe('older');
  const page = await olderPage();
  await page.reload();
  const login = async () => {
    await page.addScriptTag({ url: `${server.url}/sdk/agora-rtm.js` });
    await page.evaluate(
      async ({ app, token }) => {
        const own = window as Page;
        own.links = [];
        own.heard = [];
        const client = new own.AgoraRTM.RTM(app, 'ann', { logLevel: 'none' });
        own.client = client;
        client.addEventListener('linkState', (event: Page) => own.links.push(event.currentState));
        client.addEventListener('message', (event: Page) => own.heard.push(event.message));
        await client.login({ token });
        await client.subscribe('older');
        await client.presence.setState('older', 'MESSAGE', { mood: 'fine' });
        await client.publish('older', 'hello');
      },
      { app: testApp.id, token: rtmToken('ann') },
    );
  };
  const hears = async (text: string) => {
    await bob.client.publish('older', text);
    await until(`that ann hears ${text}`, () =>
      page.evaluate((wanted) => (window as Page).heard.includes(wanted), text),
    );
  };
  await login();
  await bob.until('the message', () => bob.messages.length === 1);
  await hears('one');
  const link = () => page.evaluate(() => (window as Page).links.at(-1));
  await offline(page, () => until('the loss', async () => (await link()) !== 'CONNECTED'));
  await until('the connection', async () => (await link()) === 'CONNECTED');
  await hears('two');
  await page.reload();
  await login();
  await hears('three');
  await page.evaluate(() => (window as Page).client.logout());
  await bob.until('that ann is gone', () => bob.told().at(-1) === 'REMOTE_LEAVE ann');
  await page.close();
}, 180_000);
