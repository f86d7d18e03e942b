import { expect, test } from 'bun:test';
import { clockTime, dayTime, localField, msOfLocalField } from './times.ts';

test('DEMO12: a time goes into its field and comes back, to the second, in the reader’s time zone', () => {
  for (const ms of [0, 1_700_000_000_000, new Date(2026, 2, 1, 9, 5, 7).getTime()]) {
    expect(msOfLocalField(localField(ms))).toBe(ms);
    expect(msOfLocalField(localField(ms + 999))).toBe(ms);
  }
  expect(localField(new Date(2026, 2, 1, 9, 5, 7).getTime())).toBe('2026-03-01T09:05:07');
  for (const text of ['', 'soon', '2026-13-01T00:00']) expect(msOfLocalField(text)).toBeUndefined();
});

test('DEMO12: another day than today’s is named', () => {
  const noon = new Date(2026, 2, 1, 12).getTime();
  expect(dayTime(noon, noon + 3_600_000)).toBe(clockTime(noon));
  expect(dayTime(noon, noon + 24 * 3_600_000)).not.toBe(clockTime(noon));
  expect(dayTime(noon, noon + 24 * 3_600_000)).toContain(clockTime(noon));
});
