import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { udpRelay } from '../../../testing/media/relay/udp-relay.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { eventIn, inRoom, joined, type RoomEntry, type RoomPages, serveRoomPages } from '../room-page.ts';
import { relayedPage, sampleOf } from './relayed-page.ts';

let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  [browser, server, pages] = await Promise.all([launchChromium(), startTestServer(), serveRoomPages()]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
}, 180_000);

/** Waits until the picture has this height, and goes on in it. */
async function seesHeight(page: Page, height: number): Promise<void> {
  await until(`${height} lines`, async () => (await sampleOf(page)).height === height);
  const before = (await sampleOf(page)).framesDecoded;
  await until('frames go on', async () => (await sampleOf(page)).framesDecoded > before + 10);
  expect((await sampleOf(page)).height).toBe(height);
}

test('SDK121, SDK125: dual stream is switched on, changed and off while it is published, and each viewer gets what it asks for', async () => {
  const relay = udpRelay();
  const enter = async (uid: number, more: Partial<RoomEntry>) => {
    const page = await relayedPage(browser.context, relay.flow());
    const token = tokenFor('dual', { uid });
    const entry = {
      server: server.url,
      app: testApp.id,
      channel: 'dual',
      token,
      uid,
      role: 'audience',
    } as const;
    await page.goto(pages.urlFor({ ...entry, ...more }));
    await joined(page);
    return page;
  };
  const open: Page[] = [];
  try {
    const host = await enter(1, { role: 'host', camera: '720p_2' });
    open.push(host);
    const [small, large] = [await enter(2, {}), await enter(3, {})];
    open.push(small, large);
    await Promise.all([seesHeight(small, 720), seesHeight(large, 720)]);
    // There is one size so far: to ask for the small one changes nothing.
    await inRoom(small, ({ client }) => client.setRemoteVideoStreamType(1, 1));
    await seesHeight(small, 720);
    await inRoom(host, ({ client }) => {
      client.setLowStreamParameter({ width: 320, height: 180, bitrate: 150 });
      return client.enableDualStream();
    });
    await seesHeight(small, 180);
    await eventIn(small, { name: 'stream-type-changed', uid: 1, detail: 'low' });
    await seesHeight(large, 720);
    await inRoom(large, ({ client }) => client.setRemoteDefaultVideoStreamType(1));
    await seesHeight(large, 180);
    await inRoom(small, ({ client }) => client.setRemoteVideoStreamType(1, 0));
    await seesHeight(small, 720);
    await eventIn(small, { name: 'stream-type-changed', uid: 1, detail: 'high' });
    await inRoom(host, ({ client }) => client.disableDualStream());
    await seesHeight(large, 720);
    // A newcomer asks before it subscribes.
    await inRoom(host, ({ client }) => client.enableDualStream());
    await seesHeight(large, 180);
  } finally {
    for (const page of open) await page.close();
    relay.close();
  }
}, 180_000);
