import { expect, test } from 'bun:test';
import { testClock } from '../../testing/worlds/clock.ts';
import type { Clock } from '../clock.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { ProcessWatch } from './process-watch.ts';

function begin(figures?: { open?: number; allowed?: number }) {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'warn',
    format: 'json',
    sink: { write: (line) => lines.push(String(line)) > 0 },
  });
  let nowMs = 1_000;
  let pending: { atMs: number; run: () => void } | undefined;
  const clock: Clock = {
    ...testClock(() => nowMs),
    after(delayMs, run) {
      pending = { atMs: nowMs + delayMs, run };
      return () => {
        pending = undefined;
      };
    },
  };
  const metrics = createMetrics();
  const watch = new ProcessWatch({
    clock,
    logger,
    metrics,
    ...(figures && { figures: { openFiles: () => figures.open, openFilesMax: () => figures.allowed } }),
  });
  /** The next look comes late by so much. */
  const look = (lateMs: number) => {
    const due = pending;
    if (!due) throw new Error('it does not look');
    nowMs = due.atMs + lateMs;
    due.run();
  };
  const read = (name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics.text())?.[1] ?? Number.NaN);
  return { watch, look, read, lines, waits: () => pending !== undefined };
}

test('OPS17: standstills are measured, and told when clients feel it', () => {
  const { watch, look, read, lines } = begin();
  watch.start();
  look(40);
  look(10);
  // Whoever reads it, and how often: it stays.
  for (let reader = 0; reader < 2; reader++) {
    expect(read('housecount_standstill_seconds_count')).toBe(2);
    expect(read('housecount_standstill_seconds_sum')).toBe(0.05);
    expect(read('housecount_standstill_seconds_bucket{le="0.025"}')).toBe(1);
  }
  expect(lines).toEqual([]);
  look(20_000);
  expect(lines.join('')).toContain('"lateMs":20000');
});

test('OPS17: no look is left after the stop', () => {
  const { watch, look, waits } = begin();
  watch.start();
  look(0);
  expect(waits()).toBe(true);
  watch.stop();
  expect(waits()).toBe(false);
});

test('OPS17: not ready when nearly all files that the system allows are open', () => {
  const figures = { open: 9_499, allowed: 10_000 };
  const { watch, read } = begin(figures);
  expect(watch.trouble).toBeUndefined();
  figures.open = 9_500;
  expect(watch.trouble).toBe('9500 of 10000 files are open.');
  expect(read('process_open_fds')).toBe(9_500);
  expect(read('process_max_fds')).toBe(10_000);
});

test('OPS17: few allowed files are told at the start; where the system does not tell, nothing is claimed', () => {
  expect(begin({ open: 10, allowed: 1_024 }).lines.join('')).toContain('"allowed":1024');
  const silent = begin({});
  expect(silent.lines).toEqual([]);
  expect(silent.watch.trouble).toBeUndefined();
});

test('OPS17: the real figures of this process are read where there is a /proc', () => {
  const { read } = begin();
  expect(read('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  if (process.platform !== 'linux') return;
  expect(read('process_open_fds')).toBeGreaterThan(2);
  expect(read('process_max_fds')).toBeGreaterThan(read('process_open_fds'));
});
