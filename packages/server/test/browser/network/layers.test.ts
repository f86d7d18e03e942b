import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { systemClock } from '../../../src/clock.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../../src/media/embedded/engine.ts';
import type { Logger } from '../../../src/observe/contract.ts';
import { until } from '../../../testing/processes/server-process.ts';
import { type Chromium, launchChromium } from '../chromium.ts';

/** Prints what goes wrong, so that a failing test says why. */
const logger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => console.warn(message, fields),
  error: (message, fields) => console.error(message, fields),
  with: () => logger,
};

let browser: Chromium;
let media: EmbeddedMedia;

beforeAll(async () => {
  browser = await launchChromium();
  media = await startEmbeddedMedia({
    udpPort: 0,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport() {},
    logger,
    clock: systemClock(),
  });
}, 180_000);

afterAll(async () => {
  await media?.stop();
  await browser?.close();
}, 180_000);

/** The page keeps its connection here. */
type Connected = { pc: RTCPeerConnection };

/** Publishes a 720p camera in two layers, the one of 180 lines first. */
async function publish(page: Page, room: string, codec: string): Promise<void> {
  const offerSdp = await page.evaluate(async (mimeType) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
    const pc = new RTCPeerConnection();
    Object.assign(window, { pc });
    const [track] = stream.getVideoTracks();
    if (track === undefined) throw new Error('no camera');
    const transceiver = pc.addTransceiver(track, {
      direction: 'sendonly',
      sendEncodings: [
        { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
        { rid: 'h', maxBitrate: 1_000_000 },
      ],
    });
    const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
    const wanted = [mimeType, 'video/rtx'];
    transceiver.setCodecPreferences(codecs.filter((found) => wanted.includes(found.mimeType)));
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  }, codec);
  const answer = await media.publish({ room, publisher: '1', session: `${room}/host`, offerSdp });
  if (!answer.ok) throw new Error(answer.detail);
  expect(answer.answerSdp).toContain('a=simulcast:recv l;h\r\n');
  await accept(page, answer.answerSdp);
}

async function play(page: Page, room: string): Promise<void> {
  const offerSdp = await page.evaluate(async () => {
    const pc = new RTCPeerConnection();
    Object.assign(window, { pc });
    pc.addTransceiver('video', { direction: 'recvonly' });
    const video = document.createElement('video');
    video.autoplay = true;
    video.muted = true;
    document.body.append(video);
    pc.ontrack = ({ track }) => {
      video.srcObject = new MediaStream([track]);
    };
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  });
  const request = { room, publisher: '1', session: `${room}/viewer`, offerSdp, audio: false, video: true };
  const answer = await media.play(request);
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, answer.answerSdp);
}

const accept = (page: Page, answerSdp: string): Promise<void> =>
  page.evaluate(
    (sdp) => (window as unknown as Connected).pc.setRemoteDescription({ type: 'answer', sdp }),
    answerSdp,
  );

/** Sends a layer, or does not, from now on. */
const setActive = (page: Page, rid: string, active: boolean): Promise<void> =>
  page.evaluate(
    async ([rid, active]) => {
      const [sender] = (window as unknown as Connected).pc.getSenders();
      const parameters = sender?.getParameters();
      for (const encoding of parameters?.encodings ?? []) if (encoding.rid === rid) encoding.active = active;
      if (parameters !== undefined) await sender?.setParameters(parameters);
    },
    [rid, active] as const,
  );

const received = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(async () => {
    for (const entry of (await (window as unknown as Connected).pc.getStats()).values())
      if (entry.type === 'inbound-rtp') return entry;
    return {};
  });

/** Waits until the picture has this height, and goes on in it. */
async function seesHeight(page: Page, height: number): Promise<void> {
  await until(`${height} lines`, async () => (await received(page)).frameHeight === height);
  const before = Number((await received(page)).framesDecoded);
  await until('frames go on', async () => Number((await received(page)).framesDecoded) > before + 15);
  expect((await received(page)).frameHeight).toBe(height);
}

for (const codec of ['video/VP8', 'video/H264'])
  test(`MEDIA90: a viewer sees the highest layer of a host in ${codec} that is there, and goes over without a hole`, async () => {
    const [host, viewer] = [await browser.newPage(), await browser.newPage()];
    try {
      await publish(host, codec, codec);
      await play(viewer, codec);
      await seesHeight(viewer, 720);
      await setActive(host, 'h', false);
      await seesHeight(viewer, 180);
      await setActive(host, 'h', true);
      await seesHeight(viewer, 720);
      await setActive(host, 'l', false);
      await seesHeight(viewer, 720);
      const { packetsLost, packetsDiscarded = 0 } = await received(viewer);
      expect({ packetsLost, packetsDiscarded }).toEqual({ packetsLost: 0, packetsDiscarded: 0 });
      expect((await media.stats()).packetsUnknown).toBe(0);
    } finally {
      await host.close();
      await viewer.close();
    }
  }, 180_000);
