import { expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { requestBudget } from './request-budget.ts';

test('LIMIT7: requests come as often as mediaRequestsPerSecondMax says, and ten times that at once', async () => {
  const clock = new SimClock(1);
  const budget = requestBudget(clock.process(), 2);
  const taken = (key: string) => Array.from({ length: 50 }, () => budget.take(key)).filter(Boolean).length;
  expect([taken('one'), taken('one'), taken('another')]).toEqual([20, 0, 20]);
  await clock.advance(1_000);
  expect(taken('one')).toBe(2);
});
