import { expect, test } from 'bun:test';
import { MessageTimes } from './message-times.ts';

test('SIG80: times of one conversation only grow, whatever the clock does; others are not held up by it', () => {
  const times = new MessageTimes();
  times.note('a', 100);
  expect(times.next('a', 100)).toBe(101);
  expect(times.next('a', 50)).toBe(101);
  expect(times.next('a', 200)).toBe(200);
  expect(times.next('b', 50)).toBe(50);
});

test('SIG80: a draft sees what the world knows, and counts once it is committed', () => {
  const times = new MessageTimes();
  times.note('a', 100);
  const dropped = new MessageTimes(times);
  dropped.note('a', 500);
  expect(dropped.next('a', 1)).toBe(501);
  expect(times.next('a', 1)).toBe(101);
  const kept = new MessageTimes(times);
  kept.note('a', 300);
  kept.commit();
  expect(times.next('a', 1)).toBe(301);
});

test('SIG80: after a restart nothing gets a time from before; what is forgotten is not taken for new', () => {
  const times = new MessageTimes();
  times.raise(1_000);
  expect(times.next('a', 900)).toBe(1_001);
  for (let each = 0; each <= 10_000; each++) times.note(`c${each}`, 2_000 + each);
  // The earliest were forgotten; none of them gets its time again, not even with a clock that was set back.
  expect(times.next('c0', 0)).toBeGreaterThan(2_000);
  expect(times.next('c10000', 0)).toBe(12_001);
  // More than can be remembered, all at one moment.
  const crowded = new MessageTimes();
  for (let each = 0; each < 30_000; each++) crowded.note(`c${each}`, 5_000);
  expect(crowded.next('c0', 0)).toBe(5_001);
  expect(crowded.next('c29999', 5_000)).toBe(5_001);
});
