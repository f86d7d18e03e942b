import { expect, test } from 'bun:test';
import { mediaLimits } from '../../limits.ts';
import { NarrowWay } from './narrow-way.ts';

/** A viewer that is sent 100 packets in each fifth of a second, and says what of them it misses. */
function viewer() {
  const way = new NarrowWay();
  let nowMs = 1_000;
  let sent = 0;
  const pass = (ms: number, missed: number) => {
    const changes: number[] = [];
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += mediaLimits.narrowLookMs;
      sent += 100;
      way.missed(missed);
      if (way.look(sent, nowMs)) changes.push(nowMs);
    }
    return changes.length;
  };
  /** Milliseconds until it is tried again. */
  const untilTried = () => {
    const fromMs = nowMs;
    while (way.isNarrow && nowMs < fromMs + 1_000_000) pass(mediaLimits.narrowLookMs, 0);
    return nowMs - fromMs;
  };
  return { way, pass, untilTried };
}

test('MEDIA97: a way that loses a quarter of what it is sent is narrow at once, one that loses a tenth is not', () => {
  const { way, pass } = viewer();
  expect(pass(60_000, 10)).toBe(0);
  // A burst, as a keyframe is one, and a way that is too narrow.
  expect(pass(400, 26)).toBe(0);
  expect(pass(1_000, 10)).toBe(0);
  expect(pass(400, 26)).toBe(0);
  expect(pass(1_000, 10)).toBe(0);
  expect(pass(600, 26)).toBe(1);
  expect(way.isNarrow).toBe(true);
  // It is told once.
  expect(pass(2_000, 50)).toBe(0);
  expect(way.isNarrow).toBe(true);
});

test('MEDIA97: a few packets are no sign, however few are sent', () => {
  const way = new NarrowWay();
  const { narrowMissedMin: min, narrowLooks, narrowLookMs } = mediaLimits;
  let sent = 0;
  const look = (missed: number, i: number): boolean => {
    sent += missed;
    way.missed(missed);
    return way.look(sent, 10_000 + i * narrowLookMs);
  };
  for (let i = 0; i < 20; i++) expect(look(min - 1, i)).toBe(false);
  for (let i = 20; i < 19 + narrowLooks; i++) expect(look(min, i)).toBe(false);
  expect(look(min, 19 + narrowLooks)).toBe(true);
});

test('MEDIA97: more is tried after a while, and each time later if that was in vain; what held begins anew', () => {
  const { way, pass, untilTried } = viewer();
  const waits: number[] = [];
  pass(400, 60);
  for (let i = 0; i < 4; i++) {
    // One look is enough where the large picture was only tried.
    pass(200, 60);
    waits.push(untilTried());
  }
  expect(waits).toEqual([15_000, 60_000, 240_000, 240_000]);
  expect(way.isNarrow).toBe(false);
  pass(mediaLimits.narrowHeldMs, 0);
  pass(600, 60);
  expect(untilTried()).toBe(15_000);
});
