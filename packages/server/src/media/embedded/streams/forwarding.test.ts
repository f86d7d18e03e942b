import { expect, test } from 'bun:test';
import { rtpPacket, vp8Delta, vp8Keyframe } from '../../../../testing/media/synthetic-peer.ts';
import { defaultMediaLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { buildNack, buildPli, parseRtcp } from '../rtp/rtcp.ts';
import { isRtcp, payloadEnd, payloadTypeOf, sequenceOf, ssrcOf, timestampOf } from '../rtp/rtp.ts';
import { turnedBack } from '../rtp/rtx.ts';
import type { OfferedCodec } from '../sdp/codec.ts';
import { CarriedSeconds } from './carried-seconds.ts';
import { newCounters } from './counters.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Outlet } from './outlet.ts';
import type { Peer } from './peer.ts';
import { Player } from './player.ts';
import { Publisher } from './publisher.ts';

/** A transport that keeps what is sent. */
function fakePeer(): Peer & { sent: Buffer[] } {
  const sent: Buffer[] = [];
  return {
    sent,
    send: (packet) => sent.push(Buffer.from(packet)) > 0,
    close() {},
  };
}

const vp8: OfferedCodec = {
  payloadType: 96,
  name: 'VP8',
  clockRate: 90_000,
  encoding: 'VP8/90000',
  parameters: '',
  feedback: new Set(['nack', 'nack pli']),
};

/** A publisher and a player joined without a network; time is an argument. */
function pair(limits = defaultMediaLimits, codec = vp8) {
  const counters = newCounters();
  const publisher = new Publisher(
    [{ kind: 'video', mid: '0', codec, transportCcId: 0, nack: true, remb: true }],
    1,
    counters,
    new CarriedSeconds({ first: 0 }),
  );
  const host = fakePeer();
  publisher.peer = host;
  const outlet = new Outlet(counters, limits);
  const stream = new OutgoingStream({
    played: { kind: 'video', mid: '0', codecs: [codec], transportCcId: 3 },
    ssrc: 2,
    repairSsrc: 3,
    cname: 'c',
    selected: true,
    outlet,
    seconds: new CarriedSeconds({ first: 0 }),
    firstSequence: 65_533,
    firstTimestamp: 0xfffffff0,
  });
  const viewer = fakePeer();
  const player = new Player([stream], outlet, counters);
  player.connect(viewer, 0);
  player.attach(publisher, 0);
  const send = (sequence: number, payload: Buffer, nowMs: number, ssrc = 7) =>
    publisher.packet(
      rtpPacket({ payloadType: 96, sequence, timestamp: sequence * 100, ssrc, payload }),
      nowMs,
    );
  return { publisher, player, stream, host, viewer, counters, send };
}

const media = (packets: Buffer[]): [number, number][] =>
  packets
    .filter((packet) => !isRtcp(packet))
    .map((packet) => [sequenceOf(packet), packet[payloadEnd(packet) - 1] ?? -1]);

test('MEDIA2: numbers and timestamps of a player wrap as 16 and 32 bits', () => {
  const { viewer, send } = pair();
  send(10, vp8Keyframe(0), 0);
  for (let i = 1; i < 5; i++) send(10 + i, vp8Delta(i), i);
  expect(media(viewer.sent).map(([sequence]) => sequence)).toEqual([65_534, 65_535, 0, 1, 2]);
  expect(viewer.sent.map(timestampOf)).toEqual([0xfffffff1, 85, 185, 285, 385]);
});

test('MEDIA22: after media was dropped nothing is asked for, and video goes on with a keyframe and no hole', () => {
  const { publisher, viewer, host, send } = pair();
  send(10, vp8Keyframe(0), 0);
  send(11, vp8Delta(1), 1);
  publisher.interrupt();
  send(500, vp8Delta(2), 100);
  send(501, vp8Keyframe(3), 101);
  send(502, vp8Delta(4), 102);
  publisher.tick(200);
  expect(media(viewer.sent)).toEqual([
    [65_534, 0],
    [65_535, 1],
    [0, 3],
    [1, 4],
  ]);
  expect(host.sent.flatMap(parseRtcp).some((part) => part.type === 'nack')).toBe(false);
});

test('MEDIA4: a number of before a break is not answered with a packet of after it', () => {
  const { publisher, player, viewer, counters, send } = pair();
  send(10, vp8Keyframe(0), 0);
  send(11, vp8Delta(1), 1);
  publisher.interrupt();
  send(20, vp8Keyframe(2), 100);
  send(19, vp8Delta(9), 100);
  player.packet(buildNack(5, 2, [65_534, 65_535, 0, 1]), 101);
  // Each is what it was when it was sent, whatever came between; the last was never sent.
  expect(counters.resends).toBe(3);
  expect(media(viewer.sent).slice(-3)).toEqual([
    [65_534, 0],
    [65_535, 1],
    [0, 2],
  ]);
});

/** Many packets, after which the budget of bytes is no hindrance. */
const large = (tag: number): Buffer => Buffer.concat([vp8Delta(tag), Buffer.alloc(1_000, tag)]);

test('MEDIA4: one player is resent so many packets a second, and no more', () => {
  const { player, counters, send } = pair();
  const max = defaultMediaLimits.mediaResendsPerSecondMax;
  send(0, vp8Keyframe(0), 0);
  for (let i = 1; i < 1_000; i++) send(i, i < 400 ? large(i & 0xff) : vp8Delta(i & 0xff), 1);
  const last = Array.from({ length: 600 }, (_, i) => (65_534 + 400 + i) & 0xffff);
  player.packet(buildNack(5, 2, last), 10);
  player.packet(buildNack(5, 2, last), 11);
  expect(counters.resends).toBe(max);
  player.packet(buildNack(5, 2, last), 1_001);
  // All have had a try a round trip ago, and those that had none are first tried now.
  expect(counters.resends).toBe(2 * max);
});

test('LIMIT7: one player is resent so many packets a second as mediaResendsPerSecondMax says', () => {
  const { player, counters, send } = pair({ ...defaultMediaLimits, mediaResendsPerSecondMax: 3 });
  for (let i = 0; i < 10; i++) send(i, i === 0 ? vp8Keyframe(0) : vp8Delta(i), 1);
  const all = Array.from({ length: 10 }, (_, i) => (65_534 + i) & 0xffff);
  player.packet(buildNack(5, 2, all), 10);
  expect(counters.resends).toBe(3);
});

test('MEDIA61: what is asked for again and again takes a quarter of what is sent, and no number more than four tries', () => {
  const { player, counters, viewer, send } = pair();
  const bytesOf = (packets: Buffer[]) => packets.reduce((sum, packet) => sum + packet.length, 0);
  let asked: number[] = [];
  let sequence = 0;
  let sentBytes = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
    const payload = sequence === 0 ? vp8Keyframe(0) : large(sequence & 0xff);
    const before = bytesOf(viewer.sent);
    send(sequence, payload, nowMs);
    sentBytes += bytesOf(viewer.sent) - before;
    asked = [...asked, (65_534 + sequence) & 0xffff].slice(-300);
    sequence += 1;
    // A viewer whose way is full asks for nearly all, all the time.
    player.packet(buildNack(5, 2, asked), nowMs + 5);
  }
  const resentBytes = bytesOf(viewer.sent) - sentBytes;
  expect(counters.resends).toBeGreaterThan(200);
  // A quarter of all, repairs included, is a third of the media alone; the first second is on credit.
  expect(resentBytes / sentBytes).toBeLessThan(0.4);
  const times = new Map<number, number>();
  for (const packet of viewer.sent) times.set(sequenceOf(packet), (times.get(sequenceOf(packet)) ?? 0) + 1);
  expect(Math.max(...times.values())).toBeLessThanOrEqual(1 + mediaLimits.resendTriesMax);
});

const withRepair: OfferedCodec = { ...vp8, repair: 97 };

test('MEDIA60: repairs go in a stream of their own, and name what they repair', () => {
  const { player, viewer, send } = pair(defaultMediaLimits, withRepair);
  send(10, vp8Keyframe(7), 0);
  send(11, vp8Delta(8), 1);
  player.packet(buildNack(5, 2, [65_535, 65_534]), 2);
  const [first, second, ...repairs] = viewer.sent;
  expect(repairs.map((packet) => [payloadTypeOf(packet), ssrcOf(packet)])).toEqual([
    [97, 3],
    [97, 3],
  ]);
  const [one = 0, other = 0] = repairs.map(sequenceOf);
  expect((other - one) & 0xffff).toBe(1);
  const originals = repairs.map((packet) => turnedBack(packet, 96, 2)?.toString('hex'));
  expect(originals).toEqual([second?.toString('hex'), first?.toString('hex')]);
});

test('MEDIA62: a repair of the publisher’s is what was missing, and reaches players under its own number', () => {
  const { publisher, host, viewer, send } = pair(defaultMediaLimits, withRepair);
  const repair = (original: number, payload: Buffer, sequence = original): Buffer =>
    rtpPacket({
      payloadType: 97,
      sequence,
      timestamp: original * 100,
      ssrc: 70,
      payload: Buffer.concat([Buffer.from([original >> 8, original & 0xff]), payload]),
    });
  publisher.packet(repair(9, vp8Keyframe(9)), 0);
  send(10, vp8Keyframe(0), 0);
  send(12, vp8Delta(2), 1);
  publisher.packet(repair(11, vp8Delta(1)), 2);
  expect(media(viewer.sent)).toEqual([
    [65_534, 0],
    [0, 2],
    [65_535, 1],
  ]);
  publisher.tick(1_000);
  // Nothing is missing any more, and what was repaired had been lost.
  const asks = host.sent.flatMap(parseRtcp);
  expect(asks.some((part) => part.type === 'nack')).toBe(false);
  expect(asks.find((part) => part.type === 'rr')).toMatchObject({ blocks: [{ packetsLost: 1 }] });
});

test('MEDIA63: what a publisher sends twice, or to probe, no player sees, and no second counts it', () => {
  const { publisher, viewer, counters, send } = pair(defaultMediaLimits, withRepair);
  send(10, vp8Keyframe(0), 0);
  send(11, vp8Delta(1), 1);
  send(10, vp8Keyframe(0), 2);
  const probe = rtpPacket({ payloadType: 97, sequence: 5, timestamp: 0, ssrc: 70, payload: Buffer.alloc(0) });
  const again = rtpPacket({
    payloadType: 97,
    sequence: 6,
    timestamp: 1_100,
    ssrc: 70,
    payload: Buffer.from([0, 11, 0x10, 0x01, 1]),
  });
  for (const packet of [probe, again]) publisher.packet(packet, 3);
  expect(media(viewer.sent)).toEqual([
    [65_534, 0],
    [65_535, 1],
  ]);
  expect(counters.packetsIn).toBe(5);
});

test('MEDIA5: another source under the same transport begins anew, in the same numbers', () => {
  const { viewer, send } = pair();
  send(10, vp8Keyframe(0), 0, 7);
  send(900, vp8Delta(1), 40, 8);
  send(901, vp8Keyframe(2), 80, 8);
  expect(media(viewer.sent)).toEqual([
    [65_534, 0],
    [65_535, 2],
  ]);
  const [first = 0, second = 0] = viewer.sent.map(timestampOf);
  expect((second - first) >>> 0).toBe(80 * 90);
});

test('MEDIA6: a probe takes a number of its own, and late packets of before it are left out', () => {
  const { player, viewer, send } = pair();
  send(10, vp8Keyframe(0), 0);
  send(12, vp8Delta(2), 1);
  player.tick(mediaLimits.probeAfterMs, 3_000);
  send(11, vp8Delta(1), 3_001);
  send(13, vp8Delta(3), 3_002);
  const sequences = viewer.sent.filter((packet) => !isRtcp(packet)).map(sequenceOf);
  expect(sequences).toEqual([65_534, 0, 1, 2]);
  player.tick(mediaLimits.probeAfterMs - 1, 9_000);
  expect(viewer.sent.filter((packet) => !isRtcp(packet))).toHaveLength(4);
});

test('MEDIA3: keyframe requests are at least a second apart, and none is forgotten', () => {
  const { publisher, counters, send } = pair();
  send(10, vp8Keyframe(0), 1_000);
  const before = counters.keyframeRequests;
  publisher.requestKeyframe(5_000);
  publisher.requestKeyframe(5_001);
  publisher.requestKeyframe(5_000 + mediaLimits.keyframeIntervalMs - 1);
  publisher.tick(5_000 + mediaLimits.keyframeIntervalMs - 1);
  expect(counters.keyframeRequests).toBe(before + 1);
  publisher.tick(5_000 + mediaLimits.keyframeIntervalMs);
  expect(counters.keyframeRequests).toBe(before + 2);
});

test('MEDIA64: fifty viewers that ask all the time get a keyframe a second, one that has no picture sooner', () => {
  const { publisher, player, stream, counters, send } = pair();
  send(10, vp8Keyframe(0), 0);
  const before = counters.keyframeRequests;
  const startMs = 5_000;
  for (let nowMs = startMs; nowMs < startMs + 10_000; nowMs += 25) {
    for (let i = 0; i < 50; i++) player.packet(buildPli(5, 2), nowMs);
    publisher.tick(nowMs);
  }
  expect(counters.keyframeRequests - before).toBe(10);
  // It looks at nothing: what was asked for others a moment ago does not hold it up for long.
  publisher.requestKeyframe(30_000);
  const asked = counters.keyframeRequests;
  stream.attach(undefined);
  publisher.incoming('video')?.add(stream);
  player.packet(buildPli(5, 2), 30_001);
  expect(counters.keyframeRequests).toBe(asked);
  publisher.tick(30_000 + mediaLimits.urgentKeyframeIntervalMs);
  expect(counters.keyframeRequests).toBe(asked + 1);
  // That one is on its way: it is asked for again as others are.
  publisher.tick(30_000 + 2 * mediaLimits.urgentKeyframeIntervalMs);
  expect(counters.keyframeRequests).toBe(asked + 1);
});

test('MEDIA10: broken packets and unknown payload types are dropped', () => {
  const { publisher, viewer, counters } = pair();
  for (const packet of [
    Buffer.alloc(0),
    Buffer.from([0x80, 0x60]),
    Buffer.from('806000010000000100000007', 'hex').subarray(0, 11),
    rtpPacket({ payloadType: 50, sequence: 1, timestamp: 1, ssrc: 7, payload: vp8Keyframe(1) }),
    Buffer.from('bf6000010000000100000007ffff', 'hex'),
  ])
    publisher.packet(packet, 0);
  expect(viewer.sent).toEqual([]);
  expect(counters.packetsIn).toBe(5);
});
