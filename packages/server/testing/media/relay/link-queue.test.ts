import { expect, test } from 'bun:test';
import { LinkQueue, type LinkShape } from './link-queue.ts';
import { seededFractions } from './seeded-fractions.ts';

/** A queue under a clock that is moved by hand; `out` has each packet's first byte and when it came out. */
function link(shape: LinkShape, seed = 1) {
  const queue = new LinkQueue(shape, seededFractions(seed), 0);
  const out: [number, number][] = [];
  let nowMs = 0;
  return {
    queue,
    out,
    /** One packet at this time, of 125 bytes (1,000 bits) if not said otherwise. */
    send(tag: number, atMs: number, bytes = 125) {
      this.until(atMs);
      queue.push(Buffer.alloc(bytes, tag), (packet) => out.push([packet[0] ?? -1, nowMs]), atMs);
    },
    /** Moves the clock from event to event. */
    until(toMs: number) {
      while (queue.nextMs <= toMs) {
        nowMs = queue.nextMs;
        queue.advance(nowMs);
      }
      nowMs = toMs;
      queue.advance(nowMs);
    },
  };
}

test('BENCH2: packets of a direction leave one after the other at its rate, and arrive after its delay', () => {
  const line = link({ kilobits: 100, delayMs: 20 });
  for (let tag = 0; tag < 3; tag++) line.send(tag, 5);
  line.send(3, 100);
  line.until(1_000);
  expect(line.out).toEqual([
    [0, 35],
    [1, 45],
    [2, 55],
    [3, 130],
  ]);
});

test('BENCH2: a packet that would wait longer than the queue holds is dropped, and none before it', () => {
  const line = link({ kilobits: 100, queueMs: 50 });
  for (let tag = 0; tag < 10; tag++) line.send(tag, 0);
  line.until(1_000);
  expect(line.out.map(([tag]) => tag)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(line.queue.counts).toEqual({
    arrived: { packets: 10, bytes: 1_250 },
    delivered: { packets: 6, bytes: 750 },
    overflowed: 4,
    lost: 0,
    cut: 0,
  });
});

test('BENCH2: what waits is served at the new rate when a link changes, the half-sent packet too', () => {
  const line = link({ kilobits: 100 });
  line.send(0, 0);
  line.send(1, 0);
  line.until(5);
  line.queue.reshape({ kilobits: 10 }, 5);
  line.until(54);
  expect(line.out).toEqual([]);
  line.until(1_000);
  expect(line.out).toEqual([
    [0, 55],
    [1, 155],
  ]);
  line.queue.reshape({}, 1_000);
  line.send(2, 1_000);
  expect(line.out.at(-1)).toEqual([2, 1_000]);
});

test('BENCH2: jitter delays packets by different times, and lets none overtake another', () => {
  const line = link({ delayMs: 10, jitterMs: 30 });
  for (let tag = 0; tag < 200; tag++) line.send(tag, tag * 5);
  line.until(10_000);
  expect(line.out.map(([tag]) => tag)).toEqual(Array.from({ length: 200 }, (_, tag) => tag));
  const waits = line.out.map(([tag, atMs]) => atMs - tag * 5);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...waits)).toBeLessThanOrEqual(40);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(15);
});

test('BENCH2: losses come in the share that is asked for, and the same with the same seed', () => {
  const survivors = (seed: number) => {
    const line = link({ lossPercent: 5 }, seed);
    for (let at = 0; at < 4_000; at++) line.send(at & 0xff, at);
    line.until(5_000);
    expect(line.queue.counts.lost + line.out.length).toBe(4_000);
    return line.out.map(([tag, atMs]) => `${tag} ${atMs}`).join();
  };
  const first = survivors(7);
  expect(survivors(7)).toBe(first);
  expect(survivors(8)).not.toBe(first);
  const lost = 4_000 - first.split(',').length;
  expect(lost).toBeGreaterThan(140);
  expect(lost).toBeLessThan(260);
});

test('BENCH2: through a cut nothing comes, neither what arrives nor what was on its way', () => {
  const line = link({ delayMs: 20 });
  line.send(0, 0);
  line.send(1, 15);
  line.until(25);
  line.queue.reshape({ delayMs: 20, cut: true }, 25);
  line.send(2, 30);
  line.until(100);
  expect(line.out.map(([tag]) => tag)).toEqual([0]);
  expect(line.queue.counts.cut).toBe(2);
  line.queue.reshape({ delayMs: 20 }, 100);
  line.send(3, 100);
  line.until(200);
  expect(line.out.at(-1)).toEqual([3, 120]);
});

test("BENCH2: another's packets take their share of the rate and of the queue", () => {
  const line = link({ kilobits: 1_000, queueMs: 60, competingKilobits: 600 });
  // 800 kbit/s for 10 s beside 600: together more than the link has.
  const random = seededFractions(3);
  for (let tag = 0; tag < 8_000; tag++) line.send(tag & 0xff, tag * 1.25 + random());
  line.until(11_000);
  const { delivered, overflowed } = line.queue.counts;
  expect(delivered.bytes * 8).toBeLessThan(6_500_000);
  expect(delivered.bytes * 8).toBeGreaterThan(3_900_000);
  expect(overflowed + delivered.packets).toBe(8_000);
  // Without it all of them had gone through, as they do once it is over.
  line.queue.reshape({ kilobits: 1_000, queueMs: 60 }, 11_000);
  const before = line.queue.counts.overflowed;
  for (let tag = 0; tag < 1_000; tag++) line.send(tag & 0xff, 11_000 + tag * 1.25);
  line.until(13_000);
  expect(line.queue.counts.overflowed).toBe(before);
});

test('BENCH2: a queue with nothing to do asks for no time', () => {
  const line = link({ kilobits: 100 });
  expect(line.queue.nextMs).toBe(Number.POSITIVE_INFINITY);
  line.send(0, 0);
  expect(line.queue.nextMs).toBe(10);
  line.until(10);
  expect(line.queue.nextMs).toBe(Number.POSITIVE_INFINITY);
});
