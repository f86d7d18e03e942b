import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenFor } from '../../../testing/clients/client.ts';
import { writeNoisyCamera } from '../../../testing/media/relay/noisy-camera.ts';
import { udpRelay } from '../../../testing/media/relay/udp-relay.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { joined, type RoomPages, serveRoomPages } from '../room-page.ts';
import { relayedPage, sampleOf } from './relayed-page.ts';

let folder: string;
let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'housecount-camera-'));
  const camera = join(folder, 'camera.y4m');
  await writeNoisyCamera(camera, { width: 320, height: 240, frames: 15 });
  [browser, server, pages] = await Promise.all([
    launchChromium({ args: [`--use-file-for-fake-video-capture=${camera}`] }),
    startTestServer(),
    serveRoomPages(),
  ]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
  await rm(folder, { recursive: true, force: true });
}, 180_000);

test('BENCH4: host and viewer meet over links of the relay alone, and a cut ends the picture until it is mended', async () => {
  const relay = udpRelay();
  const [hostLink, viewerLink] = [relay.flow(), relay.flow({ down: { delayMs: 10 } })];
  try {
    const enter = async (uid: number, role: 'host' | 'audience', link: typeof hostLink) => {
      const page = await relayedPage(browser.context, link);
      const token = tokenFor('relayed', { uid });
      const entry = { server: server.url, app: testApp.id, channel: 'relayed', token, uid, role };
      await page.goto(pages.urlFor(entry));
      await joined(page);
      return page;
    };
    const host = await enter(1, 'host', hostLink);
    const viewer = await enter(2, 'audience', viewerLink);
    const decoded = async () => (await sampleOf(viewer)).framesDecoded;
    await until('pictures', async () => (await decoded()) > 20);
    for (const [page, link] of [
      [host, hostLink],
      [viewer, viewerLink],
    ] as const) {
      const { remotePorts } = await sampleOf(page);
      expect(remotePorts.length).toBeGreaterThan(0);
      for (const port of remotePorts) expect(link.ports).toContain(port);
    }
    // The picture rustles: it is more than the few kilobits of a still one.
    await until('a rustling picture', () => viewerLink.counts().down.delivered.bytes > 100_000);
    viewerLink.reshape({ down: { cut: true } });
    const { delivered } = viewerLink.counts().down;
    await until('packets met the cut', () => viewerLink.counts().down.cut > 50);
    expect(viewerLink.counts().down.delivered).toEqual(delivered);
    const before = await decoded();
    viewerLink.reshape({ down: { delayMs: 10 } });
    // Whether the connection lived or was made anew: frames come again.
    await until('pictures again', async () => {
      const now = await decoded();
      return now > before + 10 || (now > 10 && now < before);
    });
    for (const page of [host, viewer]) await page.close();
  } finally {
    relay.close();
  }
}, 180_000);
