import { expect, test } from 'bun:test';
import { decodeLines, encodeLine } from './checked-lines.ts';

const values = [{ a: 1 }, 'zwei\n', [3, null], {}];
const bytes = Buffer.from(values.map(encodeLine).join(''));

test('HOOK12: lines come back, with the place where each ends', () => {
  const lines = decodeLines(bytes);
  expect(lines.map(({ value }) => value)).toEqual(values);
  expect(lines.at(-1)?.end).toBe(bytes.length);
  expect(decodeLines(new Uint8Array())).toEqual([]);
});

test('HOOK12: cut anywhere, the whole lines before the cut come back', () => {
  const ends = decodeLines(bytes).map(({ end }) => end);
  for (let length = 0; length < bytes.length; length++)
    expect(decodeLines(bytes.subarray(0, length))).toHaveLength(ends.filter((end) => end <= length).length);
});

test('HOOK12: with any one byte changed, nothing at or after it is believed', () => {
  const ends = decodeLines(bytes).map(({ end }) => end);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x20;
    expect(decodeLines(damaged)).toHaveLength(ends.filter((end) => end <= at).length);
  }
});
