import { expect, test } from 'bun:test';
import { rtpPacket } from '../../../../testing/media/synthetic-peer.ts';
import { mediaLimits } from '../../limits.ts';
import { MediaPacket } from '../rtp/media-packet.ts';
import { buildNack, buildSenderReport, parseRtcp } from '../rtp/rtcp.ts';
import { isRtcp, payloadEnd, sequenceOf, timestampOf } from '../rtp/rtp.ts';
import { readVp8 } from '../rtp/vp8.ts';
import type { OfferedCodec } from '../sdp/codec.ts';
import { CarriedSeconds } from '../streams/carried-seconds.ts';
import { newCounters } from '../streams/counters.ts';
import { OutgoingStream } from '../streams/outgoing-stream.ts';
import { Outlet } from '../streams/outlet.ts';
import type { Peer } from '../streams/peer.ts';
import { Player } from '../streams/player.ts';
import { Publisher } from '../streams/publisher.ts';
import { LayerMeter } from './layer-meter.ts';
import { vp8Pixels } from './picture-size.ts';

const vp8: OfferedCodec = {
  payloadType: 96,
  name: 'VP8',
  clockRate: 90_000,
  encoding: 'VP8/90000',
  parameters: '',
  feedback: new Set(['nack', 'nack pli']),
  repair: 97,
};
const simulcast = { midId: 4, ridId: 10, repairedRidId: 11 };
const ssrcOf = { l: 100, h: 200 } as const;
type Rid = keyof typeof ssrcOf;

function fakePeer(): Peer & { sent: Buffer[] } {
  const sent: Buffer[] = [];
  return { sent, send: (packet) => sent.push(Buffer.from(packet)) > 0, close() {} };
}

/** A VP8 payload with a picture id, TL0PICIDX and a temporal layer; a keyframe with its size. */
function vp8Payload(fields: {
  readonly pictureId: number;
  readonly tl0: number;
  readonly key?: { readonly width: number; readonly height: number };
  readonly tag: number;
  /** Bytes of picture. */
  readonly bytes?: number;
}): Buffer {
  const descriptor = [0x90, 0xe0, 0x80 | (fields.pictureId >> 8), fields.pictureId & 0xff, fields.tl0, 0];
  const { key } = fields;
  const body =
    key === undefined
      ? [1, 0, 0]
      : [0, 0, 0, 0x9d, 0x01, 0x2a, key.width & 0xff, key.width >> 8, key.height & 0xff, key.height >> 8];
  return Buffer.from([...descriptor, ...body, ...new Array<number>(fields.bytes ?? 0).fill(0), fields.tag]);
}

/** The packet with restriction ids by their extensions: one-byte form. */
function withIds(packet: Buffer, ids: Readonly<Record<number, string>>): Buffer {
  const elements = Object.entries(ids).flatMap(([id, text]) => [
    (Number(id) << 4) | (text.length - 1),
    ...Buffer.from(text),
  ]);
  while (elements.length % 4 !== 0) elements.push(0);
  const extension = Buffer.from([0xbe, 0xde, 0, elements.length / 4, ...elements]);
  const out = Buffer.concat([packet.subarray(0, 12), extension, packet.subarray(12)]);
  out[0] = (out[0] ?? 0) | 0x10;
  return out;
}

/** A publisher of two layers of a picture and a player, joined without a network; time is an argument. */
function simulcastPair(layers: readonly Rid[] = ['l', 'h']) {
  const counters = newCounters();
  const kind = { kind: 'video', mid: '0', codec: vp8, transportCcId: 0, nack: true, remb: false } as const;
  const publisher = new Publisher(
    [{ ...kind, simulcast: { ...simulcast, layers } }],
    1,
    counters,
    new CarriedSeconds({ first: 0 }),
  );
  const host = fakePeer();
  publisher.peer = host;
  const outlet = new Outlet(counters);
  const stream = new OutgoingStream({
    played: { kind: 'video', mid: '0', codecs: [vp8], transportCcId: 0 },
    ssrc: 2,
    repairSsrc: 3,
    cname: 'c',
    selected: true,
    outlet,
    seconds: new CarriedSeconds({ first: 0 }),
    firstSequence: 65_533,
    firstTimestamp: 0,
  });
  const viewer = fakePeer();
  const player = new Player([stream], outlet, counters);
  player.connect(viewer, 0);
  player.attach(publisher, 0);
  const next = { l: 10, h: 500 };
  const told = new Set<Rid>();
  const frame = (rid: Rid, nowMs: number, key = false, tag = 0, lateMs = 0) => {
    const sequence = next[rid]++;
    const size = rid === 'l' ? { width: 320, height: 180 } : { width: 1280, height: 720 };
    const bytes = rid === 'l' ? 50 : 300;
    const numbers = { pictureId: sequence, tl0: sequence & 0xff, tag, bytes };
    const payload = vp8Payload({ ...numbers, ...(key && { key: size }) });
    // Each layer has an origin of its own for its timestamps.
    const timestamp = (rid === 'l' ? 5_000 : 4_000_000_000) + nowMs * 90;
    const packet = rtpPacket({ payloadType: 96, sequence, timestamp, ssrc: ssrcOf[rid], payload });
    publisher.packet(told.has(rid) ? packet : withIds(packet, { 10: rid }), nowMs + lateMs);
    told.add(rid);
    return sequence;
  };
  /** Frames of these layers at 25 a second, with what is due in between. */
  const run = (rids: readonly Rid[], fromMs: number, toMs: number) => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 40) {
      for (const rid of rids) frame(rid, nowMs);
      publisher.tick(nowMs);
    }
  };
  const report = (rid: Rid, nowMs: number) => {
    const timestamp = ((rid === 'l' ? 5_000 : 4_000_000_000) + nowMs * 90) >>> 0;
    const seconds = 3_900_000_000 + Math.floor(nowMs / 1_000);
    const info = { ntpSeconds: seconds, ntpFraction: ((nowMs % 1_000) / 1_000) * 2 ** 32, timestamp };
    publisher.packet(buildSenderReport(ssrcOf[rid], { ...info, packets: 0, octets: 0 }, 'h'), nowMs);
  };
  const plis = () => host.sent.flatMap(parseRtcp).filter((part) => part.type === 'pli').length;
  const media = () => viewer.sent.filter((packet) => !isRtcp(packet));
  return { publisher, player, stream, host, counters, frame, run, report, plis, media, next };
}

/** The sequence numbers and picture ids of the packets, each less the one before. */
function steps(packets: readonly Buffer[]): { sequence: number; pictureId: number; ticks: number }[] {
  return packets.slice(1).map((packet, i) => {
    const before = packets[i] ?? packet;
    return {
      sequence: (sequenceOf(packet) - sequenceOf(before)) & 0xffff,
      pictureId: (readVp8(packet).pictureId - readVp8(before).pictureId) & 0x7fff,
      ticks: (timestampOf(packet) - timestampOf(before)) | 0,
    };
  });
}

test('MEDIA92: the layer of a packet is known by its restriction id, then by its SSRC; what says nothing is counted and dropped', () => {
  const { publisher, counters, media, frame } = simulcastPair();
  const packet = (ssrc: number, sequence: number, payloadType = 96) =>
    rtpPacket({
      payloadType,
      sequence,
      timestamp: 1,
      ssrc,
      payload: vp8Payload({ pictureId: 1, tl0: 1, tag: 7, key: { width: 320, height: 180 } }),
    });
  publisher.packet(packet(100, 1), 0);
  publisher.packet(withIds(packet(100, 1), { 10: 'x' }), 0);
  expect(counters.packetsUnknown).toBe(2);
  expect(media()).toEqual([]);
  frame('l', 1, true, 1);
  frame('l', 2, false, 2);
  expect(media().map((each) => each[payloadEnd(each) - 1])).toEqual([1, 2]);
  // The layer comes from another SSRC: the one before is nobody's from then on.
  publisher.packet(withIds(packet(101, 1), { 10: 'l' }), 3);
  expect(media()).toHaveLength(3);
  publisher.packet(packet(100, 13), 4);
  expect(counters.packetsUnknown).toBe(3);
  expect(media()).toHaveLength(3);
});

test('MEDIA92: repairs belong to the layer that their extension names, and fill its hole once', () => {
  const { publisher, media, frame, next } = simulcastPair();
  frame('l', 0, true, 1);
  const lost = next.l++;
  frame('l', 80, false, 3);
  const body = vp8Payload({ pictureId: lost, tl0: 0, tag: 2 });
  const payload = Buffer.concat([Buffer.from([lost >> 8, lost & 0xff]), body]);
  const repair = (sequence: number) =>
    withIds(rtpPacket({ payloadType: 97, sequence, timestamp: 5_000, ssrc: 150, payload }), { 11: 'l' });
  publisher.packet(repair(1), 90);
  publisher.packet(repair(2), 95);
  const tags = media().map((each) => each[payloadEnd(each) - 1]);
  expect(tags).toEqual([1, 3, 2]);
});

test('MEDIA92: a frame that was lost is asked for under the SSRC of its layer, and reports name every layer', () => {
  const { publisher, host, frame, next } = simulcastPair();
  frame('l', 0, true);
  frame('h', 0, true);
  const lost = next.h++;
  frame('h', 40);
  publisher.tick(2_000);
  const parts = host.sent.flatMap(parseRtcp);
  expect(parts.find((part) => part.type === 'nack')).toMatchObject({ mediaSsrc: 200, sequences: [lost] });
  const report = parts.find((part) => part.type === 'rr');
  expect(report?.type === 'rr' && report.blocks.map(({ ssrc }) => ssrc)).toEqual([100, 200]);
});

test('MEDIA93: a layer ends when its own intervals pass without a frame, and begins with its frames', () => {
  const meter = new LayerMeter();
  const arrived = (sequence: number, nowMs: number) => {
    const payload = Buffer.from([0x10, 1, 0]);
    const timestamp = sequence * 90;
    const packet = rtpPacket({ payloadType: 96, sequence, timestamp, ssrc: 1, payload });
    meter.arrived(new MediaPacket(packet, sequence, 'VP8'), 1_000, nowMs);
  };
  expect(meter.isAlive(0)).toBe(false);
  for (let i = 0; i < 30; i++) arrived(i, i * 40);
  expect(meter.framesPerSecond(29 * 40)).toBe(25);
  expect(meter.bitsPerSecond(29 * 40)).toBeGreaterThan(190_000);
  expect(meter.isAlive(29 * 40 + mediaLimits.layerEndedMsMin)).toBe(true);
  expect(meter.isAlive(29 * 40 + mediaLimits.layerEndedMsMin + 1)).toBe(false);
  // Five frames a second: it may be silent for longer.
  for (let i = 30; i < 50; i++) arrived(i, 10_000 + i * 200);
  expect(meter.isAlive(10_000 + 49 * 200 + 600)).toBe(true);
  expect(meter.isAlive(10_000 + 49 * 200 + 601)).toBe(false);
});

test('MEDIA93: a starved high layer loses against a healthy low one, and wins again', () => {
  const { publisher, stream, frame, run } = simulcastPair();
  const high = () => publisher.incoming('video')?.layers[1];
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 1_000);
  frame('h', 1_000, true);
  run(['l', 'h'], 1_040, 1_500);
  expect(stream.source === high()).toBe(true);
  // 25 frames of the low one, 8 of the high one.
  for (let nowMs = 1_500; nowMs < 4_000; nowMs += 40) {
    frame('l', nowMs, nowMs >= 3_500 && nowMs < 3_540);
    if (nowMs % 120 === 60) frame('h', nowMs);
    publisher.tick(nowMs);
  }
  expect(stream.source === high()).toBe(false);
  run(['l', 'h'], 4_000, 6_000);
  frame('h', 6_000, true);
  expect(stream.source === high()).toBe(true);
});

test('MEDIA93: the size of a picture says which layer is the higher, whatever the order of the offer', () => {
  const payload = vp8Payload({ pictureId: 9, tl0: 1, tag: 0, key: { width: 1280, height: 720 } });
  expect(vp8Pixels(payload)).toBe(1280 * 720);
  expect(vp8Pixels(payload.subarray(0, 12))).toBe(0);
  expect(vp8Pixels(vp8Payload({ pictureId: 9, tl0: 1, tag: 0 }))).toBe(0);
  const { publisher, frame, run } = simulcastPair(['h', 'l']);
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 1_500);
  expect(publisher.incoming('video')?.rungs.map(({ ssrc }) => ssrc)).toEqual([ssrcOf.l, ssrcOf.h]);
});

test('MEDIA94: a player goes over at a keyframe, without a hole in numbers or picture ids, on the clock of both', () => {
  const { stream, publisher, frame, run, report, media } = simulcastPair();
  frame('l', 0, true);
  run(['l'], 40, 1_000);
  report('l', 1_000);
  frame('l', 1_000);
  frame('h', 1_000, true);
  report('h', 1_003);
  run(['l', 'h'], 1_040, 2_000);
  expect(stream.source === publisher.incoming('video')?.layers[0]).toBe(true);
  // It comes late: elapsed time would tell another instant.
  frame('h', 2_000, true, 0, 60);
  run(['l', 'h'], 2_040, 3_000);
  expect(stream.source === publisher.incoming('video')?.layers[1]).toBe(true);
  const all = steps(media());
  expect(all.length).toBeGreaterThan(70);
  for (const step of all) expect({ ...step, ticks: 0 }).toEqual({ sequence: 1, pictureId: 1, ticks: 0 });
  // The reports are on whole milliseconds: at most one of them is lost.
  for (const { ticks } of all) expect(Math.abs(ticks - 3_600)).toBeLessThanOrEqual(90);
});

test('MEDIA95: who can stay waits two seconds for a keyframe that comes anyway; who cannot asks at once', () => {
  const { frame, run, plis } = simulcastPair();
  frame('l', 0, true);
  run(['l'], 40, 3_000);
  const before = plis();
  run(['l', 'h'], 3_000, 3_000 + mediaLimits.layerKeyframeWaitMs);
  expect(plis()).toBe(before);
  run(['l', 'h'], 3_000 + mediaLimits.layerKeyframeWaitMs, 6_500);
  expect(plis()).toBe(before + 1);
  frame('h', 6_500, true);
  // The high layer ends without a word.
  run(['l', 'h'], 6_540, 9_000);
  const asked = plis();
  run(['l'], 9_000, 9_000 + 700);
  expect(plis()).toBe(asked + 1);
});

test('MEDIA95: asks for keyframes of any layer are one for the publisher', () => {
  const { publisher, frame, run, plis } = simulcastPair();
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 5_000);
  const before = plis();
  for (let nowMs = 5_000; nowMs < 8_000; nowMs += 40) {
    publisher.requestKeyframe(nowMs);
    run(['l', 'h'], nowMs, nowMs + 40);
  }
  expect(plis() - before).toBe(3);
});

test('MEDIA93: while nothing comes at all a player stays where it is', () => {
  const { publisher, stream, frame, run } = simulcastPair();
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 1_500);
  const source = stream.source;
  run([], 1_500, 6_000);
  expect(stream.source === source).toBe(true);
  expect(publisher.incoming('video')?.rungs).toHaveLength(2);
});

test('MEDIA96: a player that asks for the small picture gets the smallest that is there, and each change is told once', () => {
  const { publisher, player, stream, frame, run } = simulcastPair();
  const source = () => (stream.source === publisher.incoming('video')?.layers[0] ? 'l' : 'h');
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 1_000);
  expect([player.movedTo(), player.movedTo()]).toEqual(['low', undefined]);
  frame('h', 1_000, true);
  expect([source(), player.movedTo(), player.movedTo()]).toEqual(['h', 'high', undefined]);
  player.select({ audio: true, video: true, layer: 'low' }, 1_000);
  run(['l', 'h'], 1_040, 1_500);
  expect(source()).toBe('h');
  frame('l', 1_500, true);
  expect([source(), player.movedTo()]).toEqual(['l', 'low']);
  // The small one ends: what is there is better than nothing.
  run(['h'], 1_540, 2_500);
  frame('h', 2_500, true);
  expect(source()).toBe('h');
  player.select({ audio: true, video: true }, 2_500);
  run(['l', 'h'], 2_540, 4_000);
  frame('l', 4_000, true);
  expect([source(), player.movedTo()]).toEqual(['h', 'high']);
});

test('MEDIA97: a viewer that misses a quarter of the large picture gets nothing of it any more, and the small one from its next keyframe', () => {
  const { publisher, player, stream, frame, run, media, plis } = simulcastPair();
  frame('l', 0, true);
  frame('h', 0, true);
  run(['l', 'h'], 40, 1_000);
  frame('h', 1_000, true);
  run(['l', 'h'], 1_040, 3_000);
  expect(stream.source === publisher.incoming('video')?.layers[1]).toBe(true);
  player.tick(0, 3_000);
  run(['l', 'h'], 3_000, 3_600);
  const all = Array.from({ length: 40 }, (_, i) => i);
  for (let i = 0; i < mediaLimits.narrowLooks; i++) {
    player.packet(buildNack(5, 2, all), 3_600 + i * mediaLimits.narrowLookMs);
    player.tick(0, 3_600 + i * mediaLimits.narrowLookMs);
  }
  const [before, asked] = [media().length, plis()];
  run(['l', 'h'], 4_040, 4_400);
  // Two frames may go until the next look at the layers.
  expect(media().length - before).toBeLessThanOrEqual(3);
  expect(plis()).toBe(asked + 1);
  frame('l', 4_400, true);
  run(['l', 'h'], 4_440, 5_000);
  expect(stream.source === publisher.incoming('video')?.layers[0]).toBe(true);
  expect(media().length - before).toBeGreaterThan(10);
  for (const { sequence } of steps(media())) expect(sequence).toBe(1);
});
