import { expect, test } from 'bun:test';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { mergeMs } from './merge.ts';

test('WIRE29: how long frames are merged goes by who reads them, up to a bound', () => {
  expect(mergeMs({ readers: 0 }, 50)).toBe(0);
  expect(mergeMs({ readers: 1 }, 50)).toBe(0);
  expect(mergeMs({ readers: 40 }, 50)).toBe(40 * fixed.rosterMergePerReaderMs);
  expect(mergeMs({ readers: 20_000 }, 50)).toBe(50);
  expect(mergeMs({ readers: 1, windows: 1 }, 250)).toBe(Math.floor(fixed.rosterMergePerWindowMs));
  // Every window that may be followed, each by one: as seldom as for a large audience.
  const many = limits.rosterWindowsMax;
  expect(mergeMs({ readers: many, windows: many }, 250)).toBe(250);
});
