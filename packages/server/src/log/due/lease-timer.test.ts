import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { liveKey } from '../../channel/channel.ts';
import { LeaseTimer } from './lease-timer.ts';

const hourMs = 3_600_000;

function begin() {
  const clock = new SimClock();
  const process = clock.process();
  const due: string[] = [];
  let timers = 0;
  const counted = {
    nowMs: () => process.nowMs(),
    steadyMs: () => process.steadyMs(),
    wallMs: () => process.wallMs(),
    notBefore: () => undefined,
    after: (delayMs: number, run: () => void) => {
      timers += 1;
      return process.after(delayMs, run);
    },
  };
  const timer = new LeaseTimer(counted, ({ name }) => due.push(name));
  return { clock, timer, due, timers: () => timers };
}

test('TIME6: an end that is fifty years ahead costs a look now and then, and is not due', async () => {
  const { clock, timer, due, timers } = begin();
  timer.schedule([[liveKey('app', 'far'), clock.nowMs() + 50 * 365 * 24 * hourMs]]);
  await clock.advance(hourMs);
  expect(due).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(400);
});

test('TIME6: what became due because the clock was set forward is found at the next look', async () => {
  const { clock, timer, due } = begin();
  timer.schedule([[liveKey('app', 'token'), clock.nowMs() + hourMs]]);
  await clock.advance(60_000);
  clock.wallAheadMs = 2 * hourMs;
  await clock.advance(10_000);
  expect(due).toEqual(['token']);
  timer.stop();
});
