import { expect, test } from 'bun:test';
import { answered } from './notify-for-tests.ts';
import { attemptsMax, describeOutcome, verdictOf } from './retry-plan.ts';

test('HOOK4: 200 is delivered, whatever the attempt', () => {
  for (let attempt = 1; attempt <= attemptsMax; attempt++)
    expect(verdictOf(answered(200), attempt, 0)).toEqual({ next: 'delivered' });
});

test('HOOK5: the gaps are 0, 2 and 8 s, stretched by at most a quarter; then it is given up', () => {
  const after = (attempt: number, fraction: number) => verdictOf(answered(500), attempt, fraction);
  expect([1, 2, 3, 4].map((attempt) => after(attempt, 0))).toEqual([
    { next: 'retry', afterMs: 0 },
    { next: 'retry', afterMs: 2_000 },
    { next: 'retry', afterMs: 8_000 },
    { next: 'give-up' },
  ]);
  expect(after(1, 0.999)).toEqual({ next: 'retry', afterMs: 0 });
  expect(after(3, 0.999)).toEqual({ next: 'retry', afterMs: 9_998 });
  expect(attemptsMax).toBe(4);
});

test('HOOK6: an outcome is told in a few words', () => {
  expect(describeOutcome(answered(503))).toBe('status 503');
  expect(describeOutcome({ answered: false, stage: 'connect', detail: 'ECONNREFUSED' })).toBe(
    'connect: ECONNREFUSED',
  );
});
