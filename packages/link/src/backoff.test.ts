import { expect, test } from 'bun:test';
import { Backoff } from './backoff.ts';

const longest = () => new Backoff({ firstMs: 250, mostMs: 5_000 }, () => 1);

test('SDK46: waits double up to the longest, of which up to half is cut at random', () => {
  const most = longest();
  expect([1, 2, 3, 4, 5, 6, 7].map(() => most.next())).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  const least = new Backoff({ firstMs: 250, mostMs: 5_000 }, () => 0);
  expect([1, 2, 3].map(() => least.next())).toEqual([125, 250, 500]);
});

test('BACK2: where a membership is at stake no wait is longer than is safe, nor what a server asks for', () => {
  const backoff = longest();
  backoff.reset(2_500);
  for (let attempt = 0; attempt < 1_000; attempt++) expect(backoff.next()).toBeLessThanOrEqual(2_500);
  expect(backoff.next(3_600_000)).toBe(5_000);
  backoff.reset();
  expect(backoff.next(3_600_000)).toBe(3_605_000);
});

test('BACK4: those whom a server told the same time come spread over the longest wait after it', () => {
  const waits = [0, 0.5, 1].map((fraction) => {
    const backoff = new Backoff({ firstMs: 250, mostMs: 5_000 }, () => fraction);
    backoff.reset(2_500);
    return backoff.next(1_000);
  });
  expect(waits).toEqual([1_000, 2_250, 3_500]);
});
