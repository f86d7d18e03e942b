import type { Clock } from '../../src/clock.ts';

/** A clock whose three times are one, and whose timers never run unless `after` is given. */
export function testClock(nowMs: () => number, after: Clock['after'] = () => () => undefined): Clock {
  return { nowMs, steadyMs: nowMs, wallMs: nowMs, after, notBefore: () => undefined };
}
