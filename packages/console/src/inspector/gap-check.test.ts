import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GapCheck, piecesMax, sidsMax, wordsOfSequence } from './gap-check.ts';

function after(...seqs: number[]) {
  const check = new GapCheck();
  for (const seq of seqs) check.see('S', 'x', seq);
  return check.sequences()[0];
}

test('DEMO7: a dense sequence has no hole, in any order and with copies', () => {
  expect(after(1, 2, 3)).toEqual({ sid: 'S', channel: 'x', from: 1, to: 3, holes: [] });
  expect(after(3, 1, 2, 2, 1)?.holes).toEqual([]);
  expect(after(7)).toMatchObject({ from: 7, to: 7, holes: [] });
});

test('DEMO7: each missing number is named until it comes', () => {
  expect(after(1, 2, 5, 9)?.holes).toEqual([
    { from: 3, to: 4 },
    { from: 6, to: 8 },
  ]);
  expect(after(1, 3)?.holes).toEqual([{ from: 2, to: 2 }]);
  expect(after(1, 3, 2)?.holes).toEqual([]);
});

test('DEMO7: for any arrivals, the holes are exactly the numbers not seen', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 80 }), (seqs) => {
      const sequence = after(...seqs);
      const seen = new Set(seqs);
      const missing = [];
      for (let seq = Math.min(...seqs); seq <= Math.max(...seqs); seq++)
        if (!seen.has(seq)) missing.push(seq);
      const told = sequence?.holes.flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index),
      );
      expect(told).toEqual(missing);
      expect([sequence?.from, sequence?.to]).toEqual([Math.min(...seqs), Math.max(...seqs)]);
    }),
  );
});

test('DEMO7: a number that is no seq is passed over', () => {
  expect(after(0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY)).toBeUndefined();
});

test('DEMO7: the check holds a bounded number of sids and pieces', () => {
  const check = new GapCheck();
  for (let index = 0; index < sidsMax + 5; index++) check.see(`S${index}`, 'x', 1);
  expect(check.sequences()).toHaveLength(sidsMax);
  expect(check.sequences()[0]?.sid).toBe(`S${sidsMax + 4}`);
  expect(check.sequences().some((sequence) => sequence.sid === 'S0')).toBe(false);
  for (let seq = 1; seq <= (piecesMax + 5) * 2; seq += 2) check.see('wide', 'x', seq);
  const wide = check.sequences()[0];
  expect(wide?.holes).toHaveLength(piecesMax - 1);
  expect(wide?.from).toBe(1);
});

test('DEMO7: the words say the range and the first holes', () => {
  const words = (...seqs: number[]) => {
    const sequence = after(...seqs);
    return sequence && wordsOfSequence(sequence);
  };
  expect(words(1, 2, 3)).toBe('seq 1…3, no hole');
  expect(words(4)).toBe('seq 4, no hole');
  expect(words(1, 3, 6)).toBe('seq 1…6, not seen here: 2, 4–5');
  expect(words(1, 3, 5, 7, 9)).toBe('seq 1…9, not seen here: 2, 4, 6 …');
});
