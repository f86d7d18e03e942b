import { expect, test } from 'bun:test';
import { mediaLimits } from '../../limits.ts';
import { buildTransportFeedback, TransportFeedback } from './twcc.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Reads a feedback packet back, by the draft and not by our builder. */
function read(packet: Buffer): { base: number; count: number; arrivals: Map<number, number> } {
  expect(packet[1]).toBe(205);
  expect((packet[0] ?? 0) & 0x1f).toBe(15);
  expect(packet.length).toBe((packet.readUInt16BE(2) + 1) * 4);
  const base = packet.readUInt16BE(12);
  const statuses = packet.readUInt16BE(14);
  let micros = packet.readIntBE(16, 3) * 64_000;
  const symbols: number[] = [];
  let at = 20;
  while (symbols.length < statuses) {
    const chunk = packet.readUInt16BE(at);
    at += 2;
    if (chunk & 0x8000) {
      expect(chunk & 0x4000).toBe(0x4000);
      for (let i = 0; i < 7; i++) symbols.push((chunk >> (12 - 2 * i)) & 3);
    } else for (let i = 0; i < (chunk & 0x1fff); i++) symbols.push((chunk >> 13) & 3);
  }
  const arrivals = new Map<number, number>();
  symbols.slice(0, statuses).forEach((symbol, i) => {
    if (symbol === 0) return;
    micros += 250 * (symbol === 1 ? packet.readUInt8(at) : packet.readInt16BE(at));
    at += symbol;
    arrivals.set((base + i) & 0xffff, micros);
  });
  const padding = (packet[0] ?? 0) & 0x20 ? (packet.at(-1) ?? 0) : 0;
  expect(at + padding).toBe(packet.length);
  return { base, count: packet[19] ?? -1, arrivals };
}

test('MEDIA12: one feedback packet, byte for byte', () => {
  // Two packets 1 ms apart, one lost, one 100 ms later; the clock stands at 2 reference units.
  const built = buildTransportFeedback(1, 2, 0x10, 7, [
    { sequence: 0x10, micros: 128_000 },
    { sequence: 0x11, micros: 129_000 },
    { sequence: 0x13, micros: 229_000 },
  ]);
  // Symbols 1 1 0 2 in one vector; deltas of 0, 4 and 400 ticks; two bytes of padding.
  expect(built).toEqual(bytes('afcd0006 00000001 00000002 0010 0004 000002 07 d480 00 04 0190 0002'));
});

test('MEDIA12: losses between two feedbacks are told in the second', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(1, 64_000);
  expect([...read(feedback.flush(1, 2) ?? Buffer.alloc(0)).arrivals.keys()]).toEqual([1]);
  feedback.arrived(4, 70_000);
  const second = read(feedback.flush(1, 2) ?? Buffer.alloc(0));
  expect(second.base).toBe(2);
  expect([...second.arrivals.keys()]).toEqual([4]);
  expect(second.count).toBe(1);
  expect(feedback.flush(1, 2)).toBeUndefined();
});

test('MEDIA12: arrival times survive within a tick, over reordering, jumps back and the wrap', () => {
  const feedback = new TransportFeedback();
  const arrivals: [number, number][] = [
    [65_534, 5_000_000],
    [65_535, 5_000_260],
    [1, 5_900_000],
    [0, 5_899_000],
    [2, 5_900_100],
    [40, 6_000_000],
  ];
  for (const [sequence, micros] of arrivals) feedback.arrived(sequence, micros);
  const { arrivals: told } = read(feedback.flush(1, 2) ?? Buffer.alloc(0));
  expect([...told.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 40, 65_534, 65_535]);
  for (const [sequence, micros] of arrivals)
    expect(Math.abs((told.get(sequence) ?? 0) - micros)).toBeLessThanOrEqual(125);
});

test('MEDIA12: long runs, received and lost, are told in few bytes', () => {
  const arrivals = Array.from({ length: 400 }, (_, i) => ({
    sequence: 100 + i,
    micros: 1_000_000 + i * 500,
  }));
  const all = buildTransportFeedback(1, 2, 100, 0, arrivals);
  expect(read(all).arrivals.size).toBe(400);
  expect(all.length).toBeLessThan(20 + 2 + 400 + 4);
  const sparse = buildTransportFeedback(1, 2, 100, 0, [
    { sequence: 100, micros: 0 },
    { sequence: 900, micros: 1_000 },
  ]);
  expect([...read(sparse).arrivals.keys()]).toEqual([100, 900]);
  expect(sparse.length).toBeLessThan(40);
});

test('MEDIA12: a duplicate is told once; a hole larger than a packet can list is skipped', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(5, 1_000);
  feedback.arrived(5, 2_000);
  expect(read(feedback.flush(1, 2) ?? Buffer.alloc(0)).arrivals.size).toBe(1);
  feedback.arrived(5 + mediaLimits.feedbackArrivalsMax + 10, 3_000);
  const { base } = read(feedback.flush(1, 2) ?? Buffer.alloc(0));
  expect(base).toBe(5 + mediaLimits.feedbackArrivalsMax + 10);
});

test('MEDIA12: more arrivals than one feedback holds drop the oldest', () => {
  const feedback = new TransportFeedback();
  const sent = mediaLimits.feedbackArrivalsMax + 50;
  for (let i = 0; i < sent; i++) feedback.arrived(i, i * 100);
  const { arrivals } = read(feedback.flush(1, 2) ?? Buffer.alloc(0));
  expect(arrivals.size).toBe(mediaLimits.feedbackArrivalsMax);
  expect(arrivals.has(sent - 1)).toBe(true);
  expect(arrivals.has(0)).toBe(false);
});
