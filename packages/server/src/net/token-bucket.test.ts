import { expect, test } from 'bun:test';
import { steadyRate, TokenBucket } from './token-bucket.ts';
import { TokenBuckets } from './token-buckets.ts';

test('a bucket holds a burst, and then what the steady rate brings', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 1_000);
  const takes = (steadyMs: number) => {
    let taken = 0;
    while (bucket.take(steadyMs)) taken += 1;
    return taken;
  };
  expect([takes(1_000), takes(1_499), takes(1_500), takes(3_000), takes(60_000)]).toEqual([3, 0, 1, 3, 3]);
});

test('a bucket gives one taker no more than a burst, whatever is asked for, and takes back what was not needed', () => {
  const bucket = new TokenBucket(steadyRate(10), 0);
  expect([bucket.take(0, 1_000), bucket.take(0)]).toEqual([true, false]);
  bucket.giveBack(0.5);
  bucket.giveBack(0.5);
  expect(bucket.take(0)).toBe(true);
});

test('a bucket that is spent below one owes nothing', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 0);
  for (let time = 0; time < 5; time++) bucket.spend(0);
  expect([bucket.take(999), bucket.take(1_000)]).toEqual([false, true]);
});

test('each key has a bucket, whose rate is read at each look; those that are full again make room, then the longest unused', () => {
  let steadyMs = 0;
  let perSecond = 1;
  const rate = {
    get perSecond() {
      return perSecond;
    },
    burst: 2,
  };
  const buckets = new TokenBuckets({ steadyMs: () => steadyMs }, rate, 3);
  const empty = (key: string) => {
    while (buckets.take(key));
  };
  for (const key of ['a', 'b', 'c']) empty(key);
  expect(['a', 'b', 'c'].map((key) => buckets.has(key))).toEqual([false, false, false]);
  empty('d');
  expect(['a', 'b', 'c', 'd'].map((key) => buckets.has(key))).toEqual([true, false, false, false]);
  perSecond = 10;
  steadyMs = 100;
  expect(buckets.take('d')).toBe(true);
});
