import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { systemClock } from '../../../src/clock.ts';
import type { SessionReport } from '../../../src/media/contract.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../../src/media/embedded/engine.ts';
import { isRtcp, payloadTypeOf, sequenceOf } from '../../../src/media/embedded/rtp/rtp.ts';
import type { Logger } from '../../../src/observe/contract.ts';
import { lossyRelay } from '../../../testing/media/lossy-relay.ts';
import { payloadTypes, rtpPacket, syntheticPeer } from '../../../testing/media/synthetic-peer.ts';
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
}, 180_000);

afterAll(async () => {
  await media?.stop();
  await browser?.close();
}, 180_000);

/** The page keeps its connection here. */
type Connected = { pc: RTCPeerConnection };

const unchanged = (sdp: string): string => sdp;

/** Publishes a fake camera and microphone; `codec` is a MIME type. */
async function publish(
  page: Page,
  room: string,
  codec: string,
  size: { width: number; height: number },
  through = unchanged,
): Promise<string> {
  const offerSdp = await page.evaluate(
    async ({ codec, size }) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: size });
      const pc = new RTCPeerConnection();
      Object.assign(window, { pc });
      for (const track of stream.getTracks()) {
        const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
        if (track.kind !== 'video') continue;
        const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
        transceiver.setCodecPreferences(codecs.filter((found) => found.mimeType === codec));
      }
      await pc.setLocalDescription();
      return pc.localDescription?.sdp ?? '';
    },
    { codec, size },
  );
  const session = `${room}/host`;
  const answer = await media.publish({ room, publisher: '1', session, offerSdp });
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, through(answer.answerSdp));
  return session;
}

async function play(page: Page, room: string, name: string, through = unchanged): Promise<string> {
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
  const session = `${room}/${name}`;
  const request = { room, publisher: '1', session, offerSdp };
  const answer = await media.play({ ...request, audio: true, video: true });
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, through(answer.answerSdp));
  return session;
}

const accept = (page: Page, answerSdp: string): Promise<void> =>
  page.evaluate(
    (sdp) => (window as unknown as Connected).pc.setRemoteDescription({ type: 'answer', sdp }),
    answerSdp,
  );

/** An ICE restart asked for by the page. */
async function restart(page: Page, session: string): Promise<void> {
  const offerSdp = await page.evaluate(async () => {
    const { pc } = window as unknown as Connected;
    pc.restartIce();
    await pc.setLocalDescription();
    return pc.localDescription?.sdp ?? '';
  });
  const answer = await media.restart(session, offerSdp);
  if (!answer.ok) throw new Error(answer.detail);
  await accept(page, answer.answerSdp);
}

/** The page's statistics of one direction and kind. */
const statistics = (
  page: Page,
  type: 'inbound-rtp' | 'outbound-rtp',
  kind: 'audio' | 'video',
): Promise<Record<string, number | string>> =>
  page.evaluate(
    async ([wantedType, wantedKind]) => {
      for (const entry of (await (window as unknown as Connected).pc.getStats()).values())
        if (entry.type === wantedType && entry.kind === wantedKind) return entry;
      return {};
    },
    [type, kind] as const,
  );

const decoded = async (page: Page): Promise<number> =>
  Number((await statistics(page, 'inbound-rtp', 'video')).framesDecoded ?? 0);

/** Waits for `frames` more decoded frames. */
async function seesMore(page: Page, frames = 20): Promise<void> {
  const before = await decoded(page);
  await until('frames go on', async () => (await decoded(page)) >= before + frames);
}

async function withPages(count: number, use: (pages: Page[]) => Promise<void>): Promise<void> {
  const pages: Page[] = [];
  try {
    for (let i = 0; i < count; i++) pages.push(await browser.newPage());
    await use(pages);
  } finally {
    for (const page of pages) await page.close();
  }
}

const hd = { width: 1280, height: 720 };
const small = { width: 320, height: 180 };

for (const codec of ['video/VP8', 'video/H264'])
  test(`MEDIA1: a 720p host in ${codec} is seen in 720p and heard by two viewers`, async () => {
    await withPages(3, async ([host, ...viewers]) => {
      if (host === undefined) throw new Error('no page');
      await publish(host, codec, codec, hd);
      for (const [i, viewer] of viewers.entries()) await play(viewer, codec, `viewer${i}`);
      const height = async (page: Page, type: 'inbound-rtp' | 'outbound-rtp') =>
        (await statistics(page, type, 'video')).frameHeight;
      await until('720p sent', async () => (await height(host, 'outbound-rtp')) === hd.height);
      for (const viewer of viewers) {
        await until('720p seen', async () => (await height(viewer, 'inbound-rtp')) === hd.height);
        await seesMore(viewer);
        const heard = async () =>
          Number((await statistics(viewer, 'inbound-rtp', 'audio')).totalAudioEnergy ?? 0);
        await until('sound', async () => (await heard()) > 0);
      }
    });
  }, 180_000);

test('MEDIA33: a host in H264 High is seen by a browser that names lower profiles only', async () => {
  const host = await syntheticPeer({
    direction: 'sendonly',
    kinds: ['video'],
    video: ['H264'],
    profileLevelId: '64000b',
  });
  // Ten pictures of 160 × 120, the first a keyframe, as an encoder for High made them.
  const clip = await readFile(new URL('../../../testing/media/high-profile.h264', import.meta.url));
  let frame = 0;
  let sequence = 0;
  const sending = { stop: () => {} };
  try {
    const request = { room: 'high', publisher: '1', session: 'high/host', offerSdp: host.offerSdp };
    const answer = await media.publish(request);
    if (!answer.ok) throw new Error(answer.detail);
    await host.accept(answer.answerSdp);
    const pictures = picturesOf(clip);
    const timer = setInterval(() => {
      const units = pictures[frame % pictures.length] ?? [];
      for (const [i, unit] of units.entries()) {
        const fields = { payloadType: payloadTypes.H264, sequence, timestamp: frame * 9_000, ssrc: 9 };
        const packet = rtpPacket({ ...fields, payload: unit });
        if (i === units.length - 1) packet[1] = (packet[1] ?? 0) | 0x80;
        host.send(packet);
        sequence += 1;
      }
      frame += 1;
    }, 100);
    sending.stop = () => clearInterval(timer);
    await withPages(1, async (pages) => {
      const [viewer] = pages as [Page];
      await play(viewer, 'high', 'viewer');
      await seesMore(viewer, 15);
      const { frameWidth, frameHeight } = await statistics(viewer, 'inbound-rtp', 'video');
      expect({ frameWidth, frameHeight }).toEqual({ frameWidth: 160, frameHeight: 120 });
    });
  } finally {
    sending.stop();
    host.close();
  }
}, 180_000);

/** The NAL units of each picture of an Annex B stream; parameter sets belong to the picture that follows. */
function picturesOf(stream: Buffer): Buffer[][] {
  const pictures: Buffer[][] = [[]];
  const startCode = Buffer.from([0, 0, 1]);
  for (let at = stream.indexOf(startCode); at >= 0; ) {
    const next = stream.indexOf(startCode, at + 3);
    // A start code may have one zero more, which ends nothing here: units do not end in zeros.
    const unit = stream.subarray(at + 3, next < 0 ? stream.length : stream[next - 1] === 0 ? next - 1 : next);
    at = next;
    pictures.at(-1)?.push(unit);
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === 1 || type === 5) pictures.push([]);
  }
  return pictures.filter((units) => units.length > 0);
}

test('MEDIA4: a viewer that loses every twentieth packet gets it again', async () => {
  await withPages(2, async ([host, viewer]) => {
    if (host === undefined || viewer === undefined) throw new Error('no page');
    const seen = new Set<number>();
    // Video to the viewer only, and no repairs, which have a payload type of their own.
    const relay = await lossyRelay(media.udpPort, (packet, toServer) => {
      const video = payloadTypeOf(packet) === payloadTypes.VP8;
      if (toServer || (packet[0] ?? 0) >> 6 !== 2 || isRtcp(packet) || !video) return false;
      const sequence = sequenceOf(packet);
      if (seen.has(sequence)) return false;
      seen.add(sequence);
      return seen.size % 20 === 0;
    });
    try {
      await publish(host, 'loss', 'video/VP8', small);
      await play(viewer, 'loss', 'viewer', relay.through);
      const before = (await media.stats()).resends;
      await until('resends', async () => (await media.stats()).resends >= before + 5);
      await seesMore(viewer, 60);
      await until('nothing stays lost', async () => {
        // A packet that was repaired stays among those that were lost on its own stream.
        const { packetsLost, retransmittedPacketsReceived, nackCount } = await statistics(
          viewer,
          'inbound-rtp',
          'video',
        );
        return Number(nackCount) > 0 && Number(retransmittedPacketsReceived) >= Number(packetsLost);
      });
    } finally {
      relay.close();
    }
  });
}, 180_000);

test('MEDIA4: what is lost between host and server is asked of the host', async () => {
  await withPages(2, async ([host, viewer]) => {
    if (host === undefined || viewer === undefined) throw new Error('no page');
    const seen = new Set<number>();
    const relay = await lossyRelay(media.udpPort, (packet, toServer) => {
      const video = payloadTypeOf(packet) === 96;
      if (!toServer || (packet[0] ?? 0) >> 6 !== 2 || isRtcp(packet) || !video) return false;
      const sequence = sequenceOf(packet);
      if (seen.has(sequence)) return false;
      seen.add(sequence);
      return seen.size % 20 === 0;
    });
    try {
      await publish(host, 'uploss', 'video/VP8', small, relay.through);
      await play(viewer, 'uploss', 'viewer');
      await until('retransmissions', async () => {
        const { retransmittedPacketsSent } = await statistics(host, 'outbound-rtp', 'video');
        return Number(retransmittedPacketsSent ?? 0) >= 5;
      });
      await seesMore(viewer, 60);
    } finally {
      relay.close();
    }
  });
}, 180_000);

test('MEDIA18: host and viewer restart ICE and the picture goes on', async () => {
  await withPages(2, async ([host, viewer]) => {
    if (host === undefined || viewer === undefined) throw new Error('no page');
    const hosting = await publish(host, 'restart', 'video/VP8', small);
    const viewing = await play(viewer, 'restart', 'viewer');
    await seesMore(viewer);
    await restart(host, hosting);
    await seesMore(viewer);
    await restart(viewer, viewing);
    await seesMore(viewer);
    const about = reports.filter((report) => 'session' in report && report.session.startsWith('restart/'));
    expect(about.map((report) => report.type)).toEqual(['connected', 'connected']);
  });
}, 180_000);

test('MEDIA6: a browser that closes its connection is gone at once; a page that vanishes is silent', async () => {
  await withPages(2, async ([host, viewer]) => {
    if (host === undefined || viewer === undefined) throw new Error('no page');
    const hosting = await publish(host, 'gone', 'video/VP8', small);
    const viewing = await play(viewer, 'gone', 'viewer');
    await seesMore(viewer);
    const has = (type: SessionReport['type'], session: string) =>
      reports.some((report) => report.type === type && 'session' in report && report.session === session);
    await host.evaluate(() => (window as unknown as Connected).pc.close());
    await until('gone', () => has('gone', hosting));
    expect(reports.find((report) => report.type === 'gone' && report.session === hosting)).toMatchObject({
      reason: 'closed',
    });
    await viewer.close();
    await until('stalled or gone', () => has('stalled', viewing) || has('gone', viewing));
  });
}, 180_000);
