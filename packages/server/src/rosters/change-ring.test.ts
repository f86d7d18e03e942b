import { expect, test } from 'bun:test';
import { ChangeRing } from './change-ring.ts';

interface Change {
  readonly seq: number;
  readonly length: number;
}
const ringOf = (max: number) => {
  let size = 0;
  const ring = new ChangeRing<Change>({
    max,
    weightOf: ({ length }) => length,
    onSize: (delta) => {
      size += delta;
    },
    begins: { sid: 's', seq: 0 },
  });
  return { ring, size: () => size };
};

test('SIG42: changes are kept by what they weigh: many short ones, few long ones', () => {
  for (const [length, most] of [
    [1, 200],
    [50, 4],
    [500, 0],
  ] as const) {
    const { ring, size } = ringOf(100);
    let seq = 0;
    for (let each = 0; each < 1_000; each++) {
      seq += 1;
      ring.push('s', { seq, length });
      expect(size()).toBeLessThanOrEqual(200);
    }
    const kept = size() / length;
    expect(kept).toBeGreaterThan(most / 2 - 1);
    expect(kept).toBeLessThanOrEqual(most);
    expect(ring.after('s', seq - kept - 1)).toBeUndefined();
    if (kept > 0) expect(ring.after('s', seq - kept)?.map((change) => change.seq)[0]).toBe(seq - kept + 1);
    ring.clear();
    expect(size()).toBe(0);
  }
});

test('SIG42: who knows what was true when it began lacks nothing; who knows another sid may', () => {
  const { ring } = ringOf(100);
  ring.push('s', { seq: 1, length: 1 });
  expect(ring.after('s', 0)).toHaveLength(1);
  expect(ring.after('other', 0)).toBeUndefined();
  ring.push('t', { seq: 1, length: 1 });
  expect([ring.after('s', 0), ring.after('t', 0)]).toEqual([undefined, undefined]);
  expect(ring.after('t', 1)).toEqual([]);
});
