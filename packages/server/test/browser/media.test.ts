import { afterAll, beforeAll, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { systemClock } from '../../src/clock.ts';
import type { MediaEngine, SessionReport } from '../../src/media/contract.ts';
import { startEmbeddedMedia } from '../../src/media/embedded/engine.ts';
import type { Logger } from '../../src/observe/contract.ts';
import { type Chromium, launchChromium } from './chromium.ts';

/** Prints what goes wrong, so that a failing test says why. */
const logger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => console.warn(message, fields),
  error: (message, fields) => console.error(message, fields),
  with: () => logger,
};

let browser: Chromium;
let media: MediaEngine;
const reports: SessionReport[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  media = await startEmbeddedMedia({
    udpPort: 0,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport: (report) => reports.push(report),
    logger,
    clock: systemClock(),
  });
}, 30_000);

afterAll(async () => {
  await media?.stop();
  await browser?.close();
}, 30_000);

async function publish(page: Page, session: string, codec: string): Promise<void> {
  const offerSdp = await page.evaluate(async (wanted) => {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 1280, height: 720 },
    });
    const pc = new RTCPeerConnection();
    Object.assign(window, { pc });
    for (const track of stream.getTracks()) {
      const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      if (track.kind !== 'video') continue;
      const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
      transceiver.setCodecPreferences(codecs.filter((found) => found.mimeType === wanted));
    }
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  }, codec);
  const answer = await media.publish({ room: 'app/x', publisher: '1', session, offerSdp });
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, answer.answerSdp);
}

async function play(page: Page, session: string): Promise<void> {
  const offerSdp = await page.evaluate(async () => {
    const pc = new RTCPeerConnection();
    Object.assign(window, { pc });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });
    const video = document.createElement('video');
    video.autoplay = true;
    const stream = new MediaStream();
    video.srcObject = stream;
    document.body.append(video);
    pc.ontrack = ({ track }) => stream.addTrack(track);
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  });
  const answer = await media.play({
    room: 'app/x',
    publisher: '1',
    session,
    offerSdp,
    audio: true,
    video: true,
  });
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, answer.answerSdp);
}

const accept = (page: Page, sdp: string): Promise<void> =>
  page.evaluate(
    (text) =>
      (window as unknown as { pc: RTCPeerConnection }).pc.setRemoteDescription({ type: 'answer', sdp: text }),
    sdp,
  );

/** One kind's statistics of the page's connection, every number and string of it. */
const statistics = (page: Page, type: string, kind: string): Promise<Record<string, number | string>> =>
  page.evaluate(
    async ([wantedType, wantedKind]) => {
      const pc = (window as unknown as { pc: RTCPeerConnection }).pc;
      for (const entry of (await pc.getStats()).values())
        if (entry.type === wantedType && entry.kind === wantedKind) return entry;
      return {};
    },
    [type, kind] as const,
  );

/** Waits until `check` holds; asks every 200 ms, gives up after `deadlineMs`. */
async function until(what: string, check: () => Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while (!(await check())) {
    if (Date.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const decoded = async (page: Page): Promise<number> =>
  Number((await statistics(page, 'inbound-rtp', 'video')).framesDecoded ?? 0);
const energy = async (page: Page): Promise<number> =>
  Number((await statistics(page, 'inbound-rtp', 'audio')).totalAudioEnergy ?? 0);

for (const codec of ['video/VP8', 'video/H264'])
  test(`MEDIA1: one host in 720p ${codec}, two viewers see and hear it`, async () => {
    const [host, ...viewers] = [await browser.newPage(), await browser.newPage(), await browser.newPage()];
    try {
      await publish(host, `host-${codec}`, codec);
      for (const [i, viewer] of viewers.entries()) await play(viewer, `viewer-${codec}-${i}`);
      await until(
        '720p sent',
        async () => (await statistics(host, 'outbound-rtp', 'video')).frameHeight === 720,
      );
      for (const viewer of viewers) {
        await until(
          '720p seen',
          async () => (await statistics(viewer, 'inbound-rtp', 'video')).frameHeight === 720,
        );
        const before = await decoded(viewer);
        await until('frames go on', async () => (await decoded(viewer)) > before + 20);
        await until('sound', async () => (await energy(viewer)) > 0);
      }
    } finally {
      for (const page of [host, ...viewers]) await page.close();
    }
  }, 60_000);
