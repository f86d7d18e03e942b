import { expect, test } from 'bun:test';
import { GrowingBytes } from './growing-bytes.ts';

test('PARSE5: bytes that come one by one are kept as bytes, and copied about twice', () => {
  const count = 100_000;
  const bytes = new GrowingBytes();
  let copied = 0;
  const { set } = Uint8Array.prototype;
  Uint8Array.prototype.set = function (from, offset) {
    copied += from.length;
    return set.call(this, from, offset);
  };
  try {
    for (let n = 0; n < count; n++) bytes.push(new Uint8Array([n & 0xff]));
  } finally {
    Uint8Array.prototype.set = set;
  }
  expect(bytes.length).toBe(count);
  expect(Array.from(bytes.bytes().subarray(300, 303))).toEqual([44, 45, 46]);
  expect(bytes.bytes()[count - 1]).toBe((count - 1) & 0xff);
  expect(copied).toBeLessThan(4 * count);
});

test('PARSE5: a piece larger than the room, an empty one, and a hint that is wrong', () => {
  const bytes = new GrowingBytes(3);
  bytes.push(new Uint8Array(0));
  bytes.push(new Uint8Array(5_000).fill(7));
  bytes.push(new Uint8Array([8]));
  expect(bytes.length).toBe(5_001);
  expect(bytes.bytes().at(-1)).toBe(8);
  expect(bytes.bytes().at(-2)).toBe(7);
});
