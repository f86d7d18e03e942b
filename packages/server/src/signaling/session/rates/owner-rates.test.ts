import { expect, test } from 'bun:test';
import { defaultAppSignalingLimits } from '../../signaling-limits.ts';
import { OwnerRates } from './owner-rates.ts';

test('LIMIT6: a name that the owner publishes under has the rates of its app of now', () => {
  let limits = { ...defaultAppSignalingLimits, signalingPublishesPerSecondMax: 1 };
  const rates = new OwnerRates(10, () => limits);
  const publishes = () => rates.of('app', 'ann').take('publish', 1_000);
  const taken = () => Array.from({ length: 20 }, publishes).filter((isTaken) => isTaken).length;
  expect([taken(), taken()]).toEqual([5, 0]);
  limits = { ...limits, signalingPublishesPerSecondMax: 2 };
  expect([taken(), taken()]).toEqual([10, 0]);
});
