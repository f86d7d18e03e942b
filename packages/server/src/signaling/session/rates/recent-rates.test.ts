import { expect, test } from 'bun:test';
import { defaultAppSignalingLimits } from '../../signaling-limits.ts';
import { RecentRates } from './recent-rates.ts';

test('SIG123: the rates of a session that ended are those of the next, until they are whole again', () => {
  let nowMs = 1_000;
  const recent = new RecentRates({ steadyMs: () => nowMs }, 2);
  const first = recent.of('app', 'ann');
  for (let at = 0; at < 100; at += 1) expect(first.take('subscribe', nowMs)).toBe(true);
  expect(first.take('subscribe', nowMs)).toBe(false);
  recent.keep('app', 'ann', first);
  expect(recent.of('app', 'bob').take('subscribe', nowMs)).toBe(true);
  nowMs += 500;
  const second = recent.of('app', 'ann');
  for (let at = 0; at < 10; at += 1) expect(second.take('subscribe', nowMs)).toBe(true);
  expect(second.take('subscribe', nowMs)).toBe(false);
  recent.keep('app', 'ann', second);
  nowMs += 5_000;
  expect(recent.of('app', 'ann')).not.toBe(second);
  // Beyond that many users, those whose session ended first are forgotten.
  for (const user of ['ann', 'bob', 'cid']) recent.keep('app', user, first);
  expect(recent.size).toBe(2);
  expect(recent.of('app', 'ann')).not.toBe(first);
  expect(recent.of('app', 'cid')).toBe(first);
});

test('LIMIT6: a session that begins when the app has other limits has those, and not what is left of the one before', () => {
  let limits = { ...defaultAppSignalingLimits, signalingRequestsPerSecondMax: 1 };
  const recent = new RecentRates({ steadyMs: () => 1_000 }, 2, () => limits);
  const first = recent.of('app', 'ann');
  recent.keep('app', 'ann', first);
  expect(recent.of('app', 'ann')).toBe(first);
  recent.keep('app', 'ann', first);
  limits = { ...limits, signalingRequestsPerSecondMax: 2 };
  expect(recent.of('app', 'ann').limits).toBe(limits);
});
