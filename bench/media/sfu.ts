import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../packages/server/src/clock.ts';
import { type EmbeddedMedia, startEmbeddedMedia } from '../../packages/server/src/media/embedded/engine.ts';
import { isRtcp, payloadEnd } from '../../packages/server/src/media/embedded/rtp/rtp.ts';
import type { Logger } from '../../packages/server/src/observe/contract.ts';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticPeer,
  syntheticPeer,
} from '../../packages/server/testing/media/synthetic-peer.ts';
import { numbers } from '../arguments.ts';
import { type Figure, figure, percentile } from '../figure.ts';
import { cpuMs, residentBytes } from '../server-load.ts';

const fps = 30;
const packetsPerFrame = 5;
const videoBytes = 1_000;
const audioPerSecond = 50;
const steps = [50, 100, 200];
/** One of this many viewers notes delays: noting all of them would measure this process. */
const sampleEvery = 10;

const logger: Logger = {
  debug() {},
  info() {},
  warn: console.error,
  error: console.error,
  with: () => logger,
};

/**
 * One publisher at 1.2 Mbit/s, and 50, 100 and 200 viewers in this process, against one engine process. Rows tell the
 * engine's CPU (100 % is one core), its memory, and the delay from publisher to viewer, this process's share included.
 * Arguments: `--max` viewers, `--seconds` per step.
 */
export async function run(args: readonly string[]): Promise<Figure[]> {
  const { max, seconds } = numbers(args, { max: 200, seconds: 5 });
  const media = await startEmbeddedMedia({
    udpPort: 0,
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    iceServers: [],
    onReport() {},
    logger,
    clock: systemClock(),
  });
  const viewers: SyntheticPeer[] = [];
  const figures: Figure[] = [];
  const seen: Seen = { delaysMs: [], packets: 0 };
  const host = await publish(media);
  const publisher = startSending(host);
  try {
    console.log('viewers   cpu %   cpu % each   rss MiB   p50 ms   p99 ms   lost %');
    for (const count of steps.filter((step) => step <= max)) {
      while (viewers.length < count) viewers.push(await watch(media, viewers.length, seen));
      await sleep(1_000);
      const pid = media.pid;
      if (pid === undefined) throw new Error('the media process died');
      seen.delaysMs = [];
      seen.packets = 0;
      const sentBefore = publisher.sent();
      const cpuBefore = cpuMs(pid);
      const startedMs = performance.now();
      await sleep(seconds * 1_000);
      const percent = ((cpuMs(pid) - cpuBefore) * 100) / (performance.now() - startedMs);
      const expected = (publisher.sent() - sentBefore) * Math.ceil(count / sampleEvery);
      // Packets under way at both ends of the window make this a little wrong in either direction.
      const lost = Math.max(0, (100 * (expected - seen.packets)) / expected);
      const p50 = percentile(seen.delaysMs, 0.5);
      const p99 = percentile(seen.delaysMs, 0.99);
      const rss = residentBytes(pid) / 2 ** 20;
      const cells = [
        percent.toFixed(1),
        (percent / count).toFixed(3),
        rss.toFixed(0),
        p50.toFixed(1),
        p99.toFixed(1),
      ];
      console.log(
        [
          String(count).padStart(7),
          ...cells.map((cell, i) => cell.padStart([8, 13, 10, 9, 9][i] ?? 9)),
          lost.toFixed(2).padStart(9),
        ].join(''),
      );
      figures.push(
        figure('sfu', count, 'viewers', {
          cpuPercent: Number(percent.toFixed(1)),
          p50Ms: Number(p50.toFixed(1)),
          p99Ms: Number(p99.toFixed(1)),
          lostPercent: Number(lost.toFixed(2)),
          rssMiB: Math.round(rss),
          kilobits: (fps * packetsPerFrame * videoBytes * 8) / 1_000,
          seconds,
        }),
      );
    }
  } finally {
    publisher.stop();
    for (const viewer of viewers) viewer.close();
    host.close();
    await media.stop();
  }
  return figures;
}

interface Seen {
  delaysMs: number[];
  packets: number;
}

async function publish(media: EmbeddedMedia): Promise<SyntheticPeer> {
  const peer = await syntheticPeer({ direction: 'sendonly' });
  const answer = await media.publish({ room: 'r', publisher: '1', session: 'host', offerSdp: peer.offerSdp });
  if (!answer.ok) throw new Error(answer.detail);
  await peer.accept(answer.answerSdp);
  return peer;
}

async function watch(media: EmbeddedMedia, index: number, seen: Seen): Promise<SyntheticPeer> {
  const onPacket = (packet: Buffer) => {
    if (index % sampleEvery !== 0 || isRtcp(packet) || payloadEnd(packet) < 100) return;
    seen.packets += 1;
    seen.delaysMs.push(performance.now() - packet.readDoubleBE(packet.length - 8));
  };
  const peer = await syntheticPeer({ direction: 'recvonly', onPacket });
  const request = { room: 'r', publisher: '1', session: `viewer${index}`, offerSdp: peer.offerSdp };
  const answer = await media.play({ ...request, audio: true, video: true });
  if (!answer.ok) throw new Error(answer.detail);
  await peer.accept(answer.answerSdp);
  return peer;
}

/** Sends frames and sound at a steady rate; a packet ends with its time of sending. */
function startSending(peer: SyntheticPeer): { sent(): number; stop(): void } {
  const startedMs = performance.now();
  let frames = 0;
  let sounds = 0;
  let sequence = 0;
  let sent = 0;
  const picture = Buffer.alloc(videoBytes - 20);
  // Every frame is one that a decoder could begin with: viewers start at once, and the sizes stay the same.
  picture[0] = 0x10;
  const rest = Buffer.alloc(videoBytes - 20);
  const sound = Buffer.alloc(160);
  const send = (fields: Omit<Parameters<typeof rtpPacket>[0], 'transportSequence'>) => {
    const packet = rtpPacket({ ...fields, transportSequence: sent });
    packet.writeDoubleBE(performance.now(), packet.length - 8);
    peer.send(packet);
    sent += 1;
  };
  const timer = setInterval(() => {
    const elapsed = (performance.now() - startedMs) / 1_000;
    for (; frames < elapsed * fps; frames++)
      for (let i = 0; i < packetsPerFrame; i++)
        send({
          payloadType: payloadTypes.VP8,
          sequence: sequence++,
          timestamp: frames * 3_000,
          ssrc: 7,
          payload: i === 0 ? picture : rest,
        });
    for (; sounds < elapsed * audioPerSecond; sounds++)
      send({
        payloadType: payloadTypes.opus,
        sequence: sounds,
        timestamp: sounds * 960,
        ssrc: 8,
        payload: sound,
      });
  }, 5);
  return { sent: () => sent, stop: () => clearInterval(timer) };
}
