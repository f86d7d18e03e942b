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
  const timer = new LeaseTimer({
    clock: counted,
    work: () => 1,
    turnWorkMax: 10,
    onDue: async (keys) => void due.push(...keys.map(({ name }) => name)),
  });
  return { clock, timer, due, timers: () => timers };
}

test('LOG70: channels that are due at once are looked at in turns, the next when the one before is done', async () => {
  const clock = new SimClock();
  const turns: number[] = [];
  let end = () => {};
  const timer = new LeaseTimer({
    clock: clock.process(),
    work: ({ name }) => (name === 'large' ? 100 : 1),
    turnWorkMax: 10,
    onDue: (keys) => {
      turns.push(keys.length);
      return new Promise((resolve) => {
        end = resolve;
      });
    },
  });
  const nowMs = clock.nowMs();
  timer.schedule(Array.from({ length: 25 }, (_, at) => [liveKey('app', `c${at}`), nowMs + 1] as const));
  timer.schedule([[liveKey('app', 'large'), nowMs]]);
  for (const expected of [[1], [1, 10], [1, 10, 10], [1, 10, 10, 8]]) {
    await clock.advance(2_000);
    expect(turns).toEqual(expected);
    await clock.advance(2_000);
    expect(turns).toEqual(expected);
    // One that becomes due while a turn goes on is of a later one.
    timer.schedule([[liveKey('app', 'later'), nowMs]]);
    end();
  }
  timer.stop();
});

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
