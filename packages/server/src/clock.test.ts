import { afterEach, describe, expect, jest, test } from 'bun:test';
import { slewRate, stepMs, systemClock } from './clock.ts';

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
const startMs = 1_700_000_000_000;

/** A machine whose two times are moved by hand. */
function machine(wallMs = startMs) {
  const times = { wallMs, steadyMs: 5_000 };
  const clock = systemClock({ wallMs: () => times.wallMs, steadyMs: () => times.steadyMs });
  return {
    clock,
    /** Both run, as they do when nobody sets anything. */
    run(ms: number) {
      times.wallMs += ms;
      times.steadyMs += ms;
    },
    /** Somebody sets the wall clock; a machine that was suspended looks the same. */
    step(ms: number) {
      times.wallMs += ms;
    },
  };
}

describe('the time of the log', () => {
  for (const [name, ms] of [
    ['a second', 1_000],
    ['thirty seconds', 30_000],
    ['an hour', hourMs],
    ['fifty years', 50 * yearMs],
  ] as const)
    test(`TIME2: set back by ${name}, it goes on, a little slower, until the wall clock is where it is`, () => {
      const { clock, run, step } = machine();
      const beforeMs = clock.nowMs();
      step(-ms);
      expect(clock.nowMs()).toBe(beforeMs);
      run(10_000);
      const passedMs = clock.nowMs() - beforeMs;
      expect(passedMs).toBeGreaterThanOrEqual(10_000 * (1 - slewRate));
      expect(passedMs).toBeLessThanOrEqual(10_000);
      expect(clock.nowMs()).toBeGreaterThanOrEqual(clock.wallMs());
      if (ms > hourMs) return;
      run(ms / slewRate);
      expect(Math.abs(clock.nowMs() - clock.wallMs())).toBeLessThanOrEqual(1);
    });

  test('TIME2: a step forward that an NTP client makes shows as a little more speed, never as a step', () => {
    const { clock, run, step } = machine();
    const beforeMs = clock.nowMs();
    step(30_000);
    expect(clock.nowMs()).toBe(beforeMs);
    run(10_000);
    expect(clock.nowMs() - beforeMs).toBeLessThanOrEqual(10_000 * (1 + slewRate));
    run(30_000 / slewRate);
    expect(Math.abs(clock.nowMs() - clock.wallMs())).toBeLessThanOrEqual(1);
  });

  for (const [name, ms] of [
    ['more than a minute', stepMs + 1_000],
    ['a night in suspension', 8 * hourMs],
    ['fifty years, from a machine that boots in 1970', 50 * yearMs],
  ] as const)
    test(`TIME2: a step forward by ${name} is followed at once`, () => {
      const { clock, step } = machine(startMs - 50 * yearMs);
      clock.nowMs();
      step(ms);
      expect(clock.nowMs()).toBe(clock.wallMs());
    });

  test('TIME2: the clock that only runs does not know of any step, and ages are told by it', () => {
    const { clock, run, step } = machine();
    const sinceMs = clock.steadyMs();
    run(4_000);
    step(8 * hourMs);
    expect(clock.steadyMs() - sinceMs).toBe(4_000);
    step(-16 * hourMs);
    expect(clock.steadyMs() - sinceMs).toBe(4_000);
  });

  test('TIME2: it is never before what it was told is there already, and comes back to the wall clock from it', () => {
    const { clock, run } = machine();
    clock.notBefore(startMs + 30_000);
    expect(clock.nowMs()).toBe(startMs + 30_000);
    clock.notBefore(startMs);
    expect(clock.nowMs()).toBe(startMs + 30_000);
    run(30_000 / slewRate);
    expect(Math.abs(clock.nowMs() - clock.wallMs())).toBeLessThanOrEqual(1);
  });
});

describe('timers', () => {
  afterEach(() => {
    jest.useRealTimers();
  });
  const dayMs = 24 * hourMs;
  const days = (count: number) => {
    for (let day = 0; day < count; day += 1) jest.advanceTimersByTime(dayMs);
  };

  test('TIME6: a timer longer than setTimeout knows runs at its time, once, and not at once', () => {
    jest.useFakeTimers();
    let runs = 0;
    systemClock().after(60 * dayMs, () => {
      runs += 1;
    });
    days(59);
    expect(runs).toBe(0);
    days(1);
    expect(runs).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('TIME6: it can be cancelled before and between; without end it never runs; without a number it is a bug', () => {
    jest.useFakeTimers();
    let runs = 0;
    const run = () => {
      runs += 1;
    };
    const { after } = systemClock();
    const cancel = after(60 * dayMs, run);
    days(30);
    cancel();
    after(Number.POSITIVE_INFINITY, run);
    expect(jest.getTimerCount()).toBe(0);
    days(60);
    expect(runs).toBe(0);
    expect(() => after(Number.NaN, run)).toThrow(RangeError);
  });
});
