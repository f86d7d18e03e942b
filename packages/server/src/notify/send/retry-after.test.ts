import { expect, test } from 'bun:test';
import { retryAfterMsOf } from './retry-after.ts';

const nowMs = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');

test.each([
  ['0', 0],
  ['120', 120_000],
  ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
  ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2015-10-21', undefined],
  ['99999999999', undefined],
  ['Wed, 99 Oct 2015 07:28:30 GMT', undefined],
])('HOOK66: Retry-After %p is a wait of %p ms', (value, expected) => {
  expect(retryAfterMsOf(value, nowMs)).toBe(expected);
});
