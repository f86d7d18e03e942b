import { expect, test } from 'bun:test';
import { answered } from '../../../testing/worlds/notify-world.ts';
import type { SendOutcome } from '../send/transport.ts';
import { agoraPlan, describeOutcome, isGone, planOf, standardPlan, verdictOf } from './retry-plan.ts';

const agora = { plan: agoraPlan, format: 'agora' } as const;
const standard = { plan: standardPlan, format: 'standard' } as const;
const asking = (retryAfterMs: number): SendOutcome => ({
  answered: true,
  status: 503,
  excerpt: '',
  retryAfterMs,
});

test('HOOK4: 200 is delivered, whatever the attempt', () => {
  for (let attempt = 1; attempt <= 4; attempt++)
    expect(verdictOf(answered(200), attempt, 0, agora)).toEqual({ next: 'delivered' });
});

test('HOOK5: the gaps are 0, 2 and 8 s, stretched by at most a quarter; then it is given up', () => {
  const after = (attempt: number, fraction: number) => verdictOf(answered(500), attempt, fraction, agora);
  expect([1, 2, 3, 4].map((attempt) => after(attempt, 0))).toEqual([
    { next: 'retry', afterMs: 0 },
    { next: 'retry', afterMs: 2_000 },
    { next: 'retry', afterMs: 8_000 },
    { next: 'give-up' },
  ]);
  expect(after(1, 0.999)).toEqual({ next: 'retry', afterMs: 0 });
  expect(after(3, 0.999)).toEqual({ next: 'retry', afterMs: 9_998 });
});

test('HOOK65: the standard plan tries twelve times over about three days, each gap longer than the one before', () => {
  const gaps: number[] = [];
  for (let attempt = 1; ; attempt++) {
    const verdict = verdictOf(answered(500), attempt, 0, standard);
    if (verdict.next !== 'retry') break;
    gaps.push(verdict.afterMs);
    expect(verdictOf(answered(500), attempt, 0.999, standard)).toEqual({
      next: 'retry',
      afterMs: Math.round(verdict.afterMs * 1.0999),
    });
  }
  expect(gaps).toHaveLength(11);
  expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
  const hours = gaps.reduce((sum, gap) => sum + gap, 0) / 3_600_000;
  // Whoever is down for 72 h has not been given up.
  expect(hours).toBeWithin(72, 73);
});

test('HOOK65: gaps of one own are followed, and none at all means one attempt', () => {
  const own = { plan: planOf({ gapsMs: [1_000, 7] }), format: 'agora' } as const;
  expect([1, 2, 3].map((attempt) => verdictOf(answered(500), attempt, 0, own))).toEqual([
    { next: 'retry', afterMs: 1_000 },
    { next: 'retry', afterMs: 7 },
    { next: 'give-up' },
  ]);
  const once = { plan: planOf({ gapsMs: [] }), format: 'agora' } as const;
  expect(verdictOf(answered(500), 1, 0, once)).toEqual({ next: 'give-up' });
});

test('HOOK66: Retry-After stretches a gap up to a day, never shortens one, and means nothing to the agora plan', () => {
  expect(verdictOf(asking(60_000), 1, 0, standard)).toEqual({ next: 'retry', afterMs: 60_000 });
  expect(verdictOf(asking(10), 1, 0, standard)).toEqual({ next: 'retry', afterMs: 5_000 });
  expect(verdictOf(asking(1e15), 1, 0, standard)).toEqual({ next: 'retry', afterMs: 24 * 3_600_000 });
  expect(verdictOf(asking(60_000), 2, 0, agora)).toEqual({ next: 'retry', afterMs: 2_000 });
  expect(verdictOf(asking(60_000), 12, 0, standard)).toEqual({ next: 'give-up' });
});

test('HOOK67: any 2xx is success but in the agora format, and 410 means gone but there', () => {
  for (const status of [200, 201, 204, 299])
    expect(verdictOf(answered(status), 1, 0, standard)).toEqual({ next: 'delivered' });
  for (const status of [199, 300, 302, 410])
    expect(verdictOf(answered(status), 1, 0, standard).next).toBe('retry');
  for (const status of [201, 204]) expect(verdictOf(answered(status), 1, 0, agora).next).toBe('retry');
  expect(isGone(answered(410), 'standard')).toBe(true);
  expect([isGone(answered(410), 'agora'), isGone(answered(404), 'standard')]).toEqual([false, false]);
});

test('HOOK6: an outcome is told in a few words', () => {
  expect(describeOutcome(answered(503))).toBe('status 503');
  expect(describeOutcome({ answered: false, stage: 'connect', detail: 'ECONNREFUSED' })).toBe(
    'connect: ECONNREFUSED',
  );
});
