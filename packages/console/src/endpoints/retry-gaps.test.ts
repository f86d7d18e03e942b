import { expect, test } from 'bun:test';
import { readGaps, wordsOfGaps, writeGaps } from './retry-gaps.ts';

test('DEMO15: gaps are typed as times, and come back as they were typed', () => {
  expect(readGaps('5 s, 2 min,1h, 90,0.25 s, 3m')).toEqual([5, 120, 3_600, 90, 0.25, 180]);
  expect(readGaps('  ')).toEqual([]);
  for (const gaps of [[5, 120, 3_600, 90, 0.25], [0], [86_400], []])
    expect(readGaps(writeGaps(gaps))).toEqual(gaps);
});

test('DEMO15: a text that is no gap is named', () => {
  for (const [text, problem] of [
    ['5 s, soon', '“soon” is no time'],
    ['5,,6', '“” is no time'],
    ['-1', '“-1” is no time'],
    ['1e3', '“1e3” is no time'],
    ['25 h', '25 h is more than a day'],
    ['999999 h', 'more than a day'],
    [Array(51).fill('1').join(','), 'At most 50 gaps'],
  ])
    expect(readGaps(text ?? '')).toEqual({ problem: expect.stringContaining(problem ?? '') });
});

test('DEMO15: a plan says how often and for how long it tries', () => {
  expect(wordsOfGaps([])).toBe('one attempt, never again');
  expect(wordsOfGaps([0.1])).toBe('2 attempts within a second');
  expect(wordsOfGaps([0, 2, 8])).toBe('4 attempts over 10 s');
  expect(wordsOfGaps([60, 3_600])).toBe('3 attempts over 1 h 1 min');
});
