import { expect, test } from 'bun:test';
import { SimClock, settle } from '../../../test/simulation/sim-clock.ts';
import { createLogger } from '../../observe/logger.ts';
import type { LogEntry } from '../record/record.ts';
import { LogFollower } from './log-follower.ts';

const entry = (position: number): LogEntry => ({
  position,
  record: { type: 'rule-deleted', app: 'a', ruleId: position, atMs: position },
});

/** A log that hands out its entries in batches of two, and fails before the positions in `failsBefore`, once each. */
class Scripted {
  readonly entries = [1, 2, 3, 4, 5, 6].map(entry);
  readonly lastPosition = 0;
  readonly failsBefore = new Set<number>();

  async *follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
    for (let at = after; at < this.entries.length; at += 2) {
      if (this.failsBefore.delete(at + 1)) throw new Error('unreadable');
      yield this.entries.slice(at, at + 2);
    }
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}

function begin(log: Scripted, absorb: (position: number) => void) {
  const lines: string[] = [];
  const clock = new SimClock();
  const logger = createLogger({
    level: 'error',
    format: 'json',
    sink: { write: (line) => lines.push(String(line)) > 0 },
  });
  const seen: number[] = [];
  const follower = new LogFollower({
    log,
    clock: clock.process(),
    logger,
    part: 'tested',
    absorb: ({ position }) => {
      absorb(position);
      seen.push(position);
    },
  });
  return { follower, clock, seen, lines };
}

test('LOG64: a log that cannot be read is read again from the same place, and meanwhile the follower is in trouble', async () => {
  const log = new Scripted();
  log.failsBefore.add(3);
  const { follower, clock, seen, lines } = begin(log, () => undefined);
  await settle();
  expect(seen).toEqual([1, 2]);
  expect(follower.trouble).toBe('It cannot follow the log.');
  expect(lines.join('')).toContain('unreadable');
  await clock.advance(1_000);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  expect(follower.trouble).toBeUndefined();
  await follower.stop();
});

test('LOG64: an entry that a follower fails at is logged and passed over, once', async () => {
  const { follower, seen, lines } = begin(new Scripted(), (position) => {
    if (position === 3) throw new Error('cannot take it');
  });
  await settle();
  expect(seen).toEqual([1, 2, 4, 5, 6]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('cannot take it');
  expect(follower.trouble).toBeUndefined();
  await follower.stop();
});

test('LOG64: a follower that waits to try again stops at once', async () => {
  const log = new Scripted();
  log.failsBefore.add(1);
  const { follower, seen } = begin(log, () => undefined);
  await settle();
  await follower.stop();
  expect(seen).toEqual([]);
});

test('LOG83: who waits for a position goes on when everything up to it was absorbed, and not before', async () => {
  const { follower, seen } = begin(new Scripted(), () => undefined);
  const at: number[][] = [];
  const waits = [0, 1, 4, 6].map((position) =>
    follower.reached(position).then(() => at.push([position, seen.length])),
  );
  await Promise.all(waits);
  expect(at.map(([position]) => position)).toEqual([0, 1, 4, 6]);
  for (const [position = 0, absorbed = 0] of at) expect(absorbed).toBeGreaterThanOrEqual(position);
  // What was absorbed long ago is not waited for.
  await follower.reached(3);
  await follower.stop();
});

test('LOG83: nobody waits while the log cannot be read, nor for one who was stopped', async () => {
  const log = new Scripted();
  log.failsBefore.add(3);
  const { follower, seen } = begin(log, () => undefined);
  const before = follower.reached(6);
  await settle();
  await before;
  expect(seen).toEqual([1, 2]);
  await follower.reached(4);
  const { follower: other } = begin(new Scripted(), () => undefined);
  await settle();
  const after = other.reached(99);
  await other.stop();
  await after;
  await other.reached(99);
  await follower.stop();
});
