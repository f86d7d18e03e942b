import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { tokenFor } from '../../../testing/clients/client.ts';
import { writeNoisyCamera } from '../../../testing/media/relay/noisy-camera.ts';
import { udpRelay } from '../../../testing/media/relay/udp-relay.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';
import { type Chromium, launchChromium } from '../chromium.ts';
import { joined, type RoomEntry, type RoomPages, serveRoomPages } from '../room-page.ts';
import { relayedPage, sampleOf } from './relayed-page.ts';

let folder: string;
let browser: Chromium;
let server: TestServer;
let pages: RoomPages;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'housecount-camera-'));
  const camera = join(folder, 'camera.y4m');
  // More than the narrow link carries, and little work for a busy machine.
  await writeNoisyCamera(camera, { width: 640, height: 360, framesPerSecond: 15, frames: 15, noise: 16 });
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

test('MEDIA97: a viewer on a narrow link gets the small picture and little more than its link carries, and takes nothing from one beside it', async () => {
  const relay = udpRelay();
  const open: Page[] = [];
  const kilobits = 250;
  const flows = {
    host: relay.flow(),
    narrow: relay.flow({ up: { delayMs: 20 }, down: { kilobits, queueMs: 200, delayMs: 20 } }),
    wide: relay.flow(),
  };
  const enter = async (uid: number, link: keyof typeof flows, more: Partial<RoomEntry> = {}) => {
    const page = await relayedPage(browser.context, flows[link]);
    open.push(page);
    const token = tokenFor('narrow', { uid });
    const entry = {
      server: server.url,
      app: testApp.id,
      channel: 'narrow',
      token,
      uid,
      role: 'audience',
    } as const;
    await page.goto(pages.urlFor({ ...entry, ...more }));
    await joined(page);
    return page;
  };
  try {
    const lowStream = { width: 160, height: 90, bitrate: 60 };
    await enter(1, 'host', { role: 'host', camera: '360p_1', lowStream });
    const wide = await enter(2, 'wide');
    await until('the large picture is sent', async () => (await sampleOf(wide)).height === 360);
    const narrow = await enter(3, 'narrow');
    await until('the small picture', async () => (await sampleOf(narrow)).height === 90);
    const [startMs, before] = [performance.now(), flows.narrow.counts().down];
    const first = await sampleOf(narrow);
    await until('it goes on', async () => (await sampleOf(narrow)).framesDecoded > first.framesDecoded + 60);
    const sentBits = 8 * (flows.narrow.counts().down.arrived.bytes - before.arrived.bytes);
    expect(sentBits).toBeLessThan(2 * kilobits * (performance.now() - startMs));
    await until('the large picture beside it', async () => (await sampleOf(wide)).height === 360);
    // Nothing of the sound was thrown away for it: most of it gets through.
    const { audioLost, audioReceived } = await sampleOf(narrow);
    expect(audioReceived - first.audioReceived).toBeGreaterThan(10 * (audioLost - first.audioLost));
  } finally {
    for (const page of open) await page.close();
    relay.close();
  }
}, 180_000);
