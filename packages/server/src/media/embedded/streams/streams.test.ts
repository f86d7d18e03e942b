import { expect, test } from 'bun:test';
import { mediaLimits } from '../../limits.ts';
import { Liveness } from '../liveness.ts';
import { GapTracker } from '../rtp/gap-tracker.ts';
import { startsKeyframe } from '../rtp/keyframe.ts';
import { MediaPacket, type PlayerHeader } from '../rtp/media-packet.ts';
import { ReceiveStats } from '../rtp/receive-stats.ts';
import { Seen } from '../rtp/seen.ts';
import { SequenceUnwrapper } from '../rtp/sequence.ts';
import { SendTable } from './send-table.ts';

const payload = (hex: string): Buffer =>
  Buffer.from(`806000010000000200000003${hex.replaceAll(' ', '')}`, 'hex');

test('MEDIA13: sequence numbers unwrap forward, back and round', () => {
  const unwrapper = new SequenceUnwrapper();
  const first = unwrapper.unwrap(65_530);
  expect(unwrapper.unwrap(65_535) - first).toBe(5);
  expect(unwrapper.unwrap(3) - first).toBe(9);
  expect(unwrapper.unwrap(65_534) - first).toBe(4);
  expect(unwrapper.unwrap(4) - first).toBe(10);
  for (let i = 5; i < 200_000; i += 7) expect(unwrapper.unwrap(i & 0xffff) - first).toBe(i + 6);
  unwrapper.reset();
  expect(unwrapper.unwrap(9) & 0xffff).toBe(9);
});

const headerOf = (sequence: number): PlayerHeader => ({
  payloadType: 96,
  ssrc: 1,
  sequence,
  timestamp: sequence * 10,
  pictureId: 0,
  tl0: 0,
});

test('MEDIA14: the table keeps the newest packets by number, and never gives out a wrong one', () => {
  const table = new SendTable(8);
  const header = headerOf(0);
  for (let sequence = 65_530; sequence < 65_546; sequence++)
    table.put(new MediaPacket(payload('00'), sequence, 'VP8'), headerOf(sequence & 0xffff));
  expect(table.take(65_530, header)).toBeUndefined();
  // 65,540 is 4 in 16 bits.
  expect(table.take(4, header)?.sequence).toBe(65_540);
  expect(header).toEqual(headerOf(4));
  // The number of a full table before: its place is another's now.
  expect(table.take(65_532, header)).toBeUndefined();
  table.clear();
  expect(table.take(4, header)).toBeUndefined();
  expect(() => new SendTable(12)).toThrow(RangeError);
});

test('MEDIA61: a number is tried again once in a round trip, four times, and for a second', () => {
  const table = new SendTable(8);
  const limits = { ageMsMax: 1_000, triesMax: 4 };
  const header = headerOf(4);
  table.put(new MediaPacket(payload('00'), 4, 'VP8'), header);
  // It waits in a queue: there is nothing to repair.
  expect(table.tryAgain(4, limits, 50, 0)).toBe(false);
  table.sent(4, 100);
  // The first try need not wait: the one that asks saw a later packet.
  expect(table.tryAgain(4, limits, 50, 110)).toBe(true);
  expect(table.tryAgain(4, limits, 50, 159)).toBe(false);
  for (const nowMs of [160, 210, 260]) expect(table.tryAgain(4, limits, 50, nowMs)).toBe(true);
  expect(table.tryAgain(4, limits, 50, 500)).toBe(false);
  table.put(new MediaPacket(payload('00'), 5, 'VP8'), headerOf(5));
  table.sent(5, 100);
  expect(table.tryAgain(5, limits, 50, 1_101)).toBe(false);
  expect(table.tryAgain(5, limits, 50, 1_100)).toBe(true);
  expect(table.tryAgain(6, limits, 50, 1_100)).toBe(false);
});

test('MEDIA63: what came before is told from what is new, over a circle and back', () => {
  const seen = new Seen(16);
  for (const sequence of [100, 102, 101, 115]) expect(seen.isNew(sequence)).toBe(true);
  for (const sequence of [100, 102, 101, 115]) expect(seen.isNew(sequence)).toBe(false);
  expect(seen.isNew(103)).toBe(true);
  expect(seen.isNew(120)).toBe(true);
  // Too old to tell.
  expect(seen.isNew(104)).toBe(false);
  expect(seen.isNew(105)).toBe(true);
  seen.reset();
  expect(seen.isNew(3)).toBe(true);
});

test('MEDIA15: each hole is asked for at once, again after a while, and given up in the end', () => {
  const gaps = new GapTracker();
  expect(gaps.arrived(100, 0)).toBe(false);
  expect(gaps.arrived(103, 0)).toBe(false);
  expect(gaps.due(0)).toEqual([101, 102]);
  expect(gaps.due(mediaLimits.nackRetryMs - 1)).toEqual([]);
  gaps.arrived(101, 50);
  let asks = 1;
  for (let nowMs = mediaLimits.nackRetryMs; nowMs < 10_000; nowMs += mediaLimits.nackRetryMs) {
    const due = gaps.due(nowMs);
    if (due.length > 0) expect(due).toEqual([102]);
    asks += due.length;
  }
  expect(asks).toBe(mediaLimits.nackTriesMax);
});

test('MEDIA15: a hole too large to fill asks for a keyframe instead', () => {
  const gaps = new GapTracker();
  gaps.arrived(0, 0);
  expect(gaps.arrived(mediaLimits.gapPacketsMax + 2, 0)).toBe(true);
  expect(gaps.due(0)).toEqual([]);
  // Many small holes come to the same.
  let broken = false;
  for (let sequence = 1_000; sequence < 1_000 + mediaLimits.missingMax * 3 && !broken; sequence += 2)
    broken = gaps.arrived(sequence, 0);
  expect(broken).toBe(true);
});

test('MEDIA11: receiver statistics count loss since the last report, and jitter', () => {
  const stats = new ReceiveStats(90_000);
  expect(stats.block(1, 0)).toBeUndefined();
  const first = 0x10000 + 10;
  for (const [i, sequence] of [0, 1, 2, 5, 6, 7].entries())
    stats.arrived(first + sequence, i * 3_000, (i * 3_000) / 90);
  expect(stats.block(1, 0)).toEqual({
    ssrc: 1,
    fractionLost: 64,
    packetsLost: 2,
    highestSequence: 17,
    jitter: 0,
    lastReport: 0,
    lastReportAge: 0,
  });
  stats.arrived(first + 8, 18_000, 300);
  stats.reported(
    { ntpSeconds: 0x11112222, ntpFraction: 0x33334444, timestamp: 0, packets: 0, octets: 0 },
    300,
  );
  const block = stats.block(1, 800);
  expect(block?.fractionLost).toBe(0);
  expect(block?.jitter).toBeGreaterThan(0);
  expect(block?.lastReport).toBe(0x22223333);
  expect(block?.lastReportAge).toBe(32_768);
});

test('MEDIA16: keyframes are recognised in VP8', () => {
  expect(startsKeyframe('VP8', payload('10 00 aa'))).toBe(true);
  // A delta frame, a later packet, a later partition.
  expect(startsKeyframe('VP8', payload('10 01 aa'))).toBe(false);
  expect(startsKeyframe('VP8', payload('00 00 aa'))).toBe(false);
  expect(startsKeyframe('VP8', payload('11 00 aa'))).toBe(false);
  // A descriptor with a 15-bit picture id, TL0PICIDX and TID: 90 e0 8001 05 20.
  expect(startsKeyframe('VP8', payload('90 e0 8001 05 20 00'))).toBe(true);
  expect(startsKeyframe('VP8', payload('90 e0 8001 05 20 01'))).toBe(false);
  // Nothing behind the descriptor.
  expect(startsKeyframe('VP8', payload('90 e0 8001 05 20'))).toBe(false);
  expect(startsKeyframe('VP8', payload(''))).toBe(false);
});

test('MEDIA16: keyframes are recognised in H264', () => {
  expect(startsKeyframe('H264', payload('65 aa'))).toBe(true);
  expect(startsKeyframe('H264', payload('67 aa'))).toBe(true);
  expect(startsKeyframe('H264', payload('41 aa'))).toBe(false);
  // Aggregated: SPS and PPS; two slices.
  expect(startsKeyframe('H264', payload('78 0002 67aa 0002 68aa'))).toBe(true);
  expect(startsKeyframe('H264', payload('78 0002 41aa 0002 65aa'))).toBe(true);
  expect(startsKeyframe('H264', payload('78 0002 41aa 0002 41aa'))).toBe(false);
  // Fragments: the first of an IDR slice, a later one, the first of another slice.
  expect(startsKeyframe('H264', payload('7c 85 aa'))).toBe(true);
  expect(startsKeyframe('H264', payload('7c 05 aa'))).toBe(false);
  expect(startsKeyframe('H264', payload('7c 81 aa'))).toBe(false);
  expect(startsKeyframe('H264', payload('7c'))).toBe(false);
  expect(startsKeyframe('opus', payload('65'))).toBe(false);
});

test('MEDIA6: a quick peer is silent after 5 s, and back with its next packet', () => {
  const liveness = new Liveness(0, mediaLimits.stallMs, false);
  for (let nowMs = 1_000; nowMs <= 10_000; nowMs += 1_000) liveness.heard(nowMs);
  expect(liveness.check(14_999)).toBeUndefined();
  expect(liveness.check(15_000)).toBe('stalled');
  expect(liveness.check(16_000)).toBeUndefined();
  expect(liveness.heardMs).toBe(10_000);
  liveness.heard(17_000);
  expect(liveness.check(17_001)).toBe('resumed');
});

test('MEDIA6: a peer that reports every few seconds is not called silent in between', () => {
  const liveness = new Liveness(0, mediaLimits.stallMs, false);
  for (let nowMs = 0; nowMs <= 70_000; nowMs += 7_000) {
    liveness.heard(nowMs);
    expect(liveness.check(nowMs)).toBeUndefined();
    expect(liveness.check(nowMs + 6_999)).toBeUndefined();
  }
  expect(liveness.check(70_000 + mediaLimits.slowStallMs)).toBe('stalled');
});

test('MEDIA6: a peer that must be quick is judged so from the start, until it shows to be slow', () => {
  const liveness = new Liveness(0, mediaLimits.stallMs, true);
  liveness.heard(0);
  expect(liveness.check(mediaLimits.stallMs)).toBe('stalled');
  liveness.heard(6_000);
  expect(liveness.check(6_000)).toBe('resumed');
  expect(liveness.check(6_000 + mediaLimits.stallMs)).toBeUndefined();
  expect(liveness.check(6_000 + mediaLimits.slowStallMs)).toBe('stalled');
});

test('MEDIA27: a peer of which no packet ever came is not judged by their lack, but by its answers to ICE', () => {
  const liveness = new Liveness(0, mediaLimits.stallMs, true);
  liveness.connected(1_000);
  expect(liveness.check(86_400_000)).toBeUndefined();
  expect(liveness.check(86_400_000, mediaLimits.iceConsentMs - 1)).toBeUndefined();
  expect(liveness.check(86_400_000, mediaLimits.iceConsentMs)).toBe('stalled');
  expect(liveness.check(86_400_000, 0)).toBe('resumed');
  expect(liveness.heardMs).toBe(1_000);
  // Once it has shown a habit it is judged by that, whatever ICE says.
  liveness.heard(86_400_000);
  expect(liveness.check(86_400_000 + mediaLimits.slowStallMs, 0)).toBe('stalled');
});
