import { expect, test } from 'bun:test';
import { canonicalIp, holderOf, parseIp } from './ip-address.ts';

test.each([
  ['1.2.3.4', [1, 2, 3, 4]],
  ['::', Array(16).fill(0)],
  ['::1', [...Array(15).fill(0), 1]],
  ['1::', [0, 1, ...Array(14).fill(0)]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['abcd:EF01::1.2.3.4', [0xab, 0xcd, 0xef, 1, ...Array(8).fill(0), 1, 2, 3, 4]],
  ['[fe80::2%lo]', [0xfe, 0x80, ...Array(13).fill(0), 2]],
])('HOOK16: %p is read', (text, bytes) => {
  expect(Array.from(parseIp(text) ?? [])).toEqual(bytes);
});

test.each([
  [''],
  ['1.2.3'],
  ['01.2.3.4'],
  ['256.1.1.1'],
  ['1.2.3.4:80'],
  [':::'],
  ['1:2'],
  ['::1::'],
  ['example.com'],
])('HOOK16: %p is no address', (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:0102:0304', '1.2.3.4'],
  ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['fe80::1%eth0', 'fe80::1'],
  ['nonsense:', 'nonsense:'],
])('PROXY5: %p is written %p', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['', ''],
])('PROXY6: %p is held by %p', (text, holder) => {
  expect(holderOf(text)).toBe(holder);
});
