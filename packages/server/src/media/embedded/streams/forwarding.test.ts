import { expect, test } from 'bun:test';
import { rtpPacket, vp8Delta, vp8Keyframe } from '../../../../testing/media/synthetic-peer.ts';
import { defaultMediaLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { buildNack, parseRtcp } from '../rtp/rtcp.ts';
import { isRtcp, payloadEnd, sequenceOf, timestampOf } from '../rtp/rtp.ts';
import type { OfferedCodec } from '../sdp/codec.ts';
import { CarriedSeconds } from './carried-seconds.ts';
import { newCounters } from './counters.ts';
import { OutgoingStream } from './outgoing-stream.ts';
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
function pair(limits = defaultMediaLimits) {
  const counters = newCounters();
  const publisher = new Publisher(
    [{ kind: 'video', mid: '0', codec: vp8, transportCcId: 0, nack: true, remb: true }],
    1,
    counters,
    new CarriedSeconds({ first: 0 }),
  );
  const host = fakePeer();
  publisher.peer = host;
  const stream = new OutgoingStream({
    played: { kind: 'video', mid: '0', codecs: [vp8], transportCcId: 3 },
    ssrc: 2,
    cname: 'c',
    selected: true,
    counters,
    seconds: new CarriedSeconds({ first: 0 }),
    firstSequence: 65_533,
    firstTimestamp: 0xfffffff0,
  });
  const viewer = fakePeer();
  const player = new Player([stream], counters, limits);
  player.connect(viewer, 0);
  player.attach(publisher, 0);
  const send = (sequence: number, payload: Buffer, nowMs: number, ssrc = 7) =>
    publisher.packet(
      rtpPacket({ payloadType: 96, sequence, timestamp: sequence * 100, ssrc, payload }),
      nowMs,
    );
  return { publisher, player, host, viewer, counters, send };
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
  player.packet(buildNack(5, 2, [65_534, 65_535, 0]), 101);
  // The last is of this run; the others are not, although their places in the ring are taken.
  expect(counters.resends).toBe(1);
  expect(media(viewer.sent).at(-1)).toEqual([0, 2]);
});

test('MEDIA4: one player is resent so many packets a second, and no more', () => {
  const { player, counters, send } = pair();
  send(0, vp8Keyframe(0), 0);
  for (let i = 1; i < 200; i++) send(i, vp8Delta(i & 0xff), 1);
  const all = Array.from({ length: 200 }, (_, i) => (65_534 + i) & 0xffff);
  for (let i = 0; i < 10; i++) player.packet(buildNack(5, 2, all), 10);
  expect(counters.resends).toBe(defaultMediaLimits.mediaResendsPerSecondMax);
  player.packet(buildNack(5, 2, all), 1_010);
  expect(counters.resends).toBe(defaultMediaLimits.mediaResendsPerSecondMax + 200);
});

test('LIMIT7: one player is resent so many packets a second as mediaResendsPerSecondMax says', () => {
  const { player, counters, send } = pair({ ...defaultMediaLimits, mediaResendsPerSecondMax: 3 });
  for (let i = 0; i < 10; i++) send(i, i === 0 ? vp8Keyframe(0) : vp8Delta(i), 1);
  const all = Array.from({ length: 10 }, (_, i) => (65_534 + i) & 0xffff);
  player.packet(buildNack(5, 2, all), 10);
  expect(counters.resends).toBe(3);
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

test('MEDIA3: keyframe requests are at least 300 ms apart, and none is forgotten', () => {
  const { publisher, counters, send } = pair();
  send(10, vp8Delta(0), 1_000);
  const before = counters.keyframeRequests;
  publisher.requestKeyframe(5_000);
  publisher.requestKeyframe(5_001);
  publisher.requestKeyframe(5_000 + mediaLimits.keyframeIntervalMs - 1);
  expect(counters.keyframeRequests).toBe(before + 1);
  publisher.tick(5_000 + mediaLimits.keyframeIntervalMs);
  expect(counters.keyframeRequests).toBe(before + 2);
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
