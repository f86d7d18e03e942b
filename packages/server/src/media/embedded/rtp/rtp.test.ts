import { expect, test } from 'bun:test';
import {
  extensionAt,
  isRtcp,
  isRtp,
  payloadEnd,
  payloadStart,
  payloadTypeOf,
  sequenceOf,
  ssrcOf,
  timestampOf,
  u16,
} from './rtp.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const plain = () => bytes('80 e0 1234 89abcdef cafebabe 010203');
/** One-byte extensions: id 3 with 0x0102, padding, id 5 with one byte. */
const oneByte = () => bytes('90 60 0001 00000002 00000003 bede 0002 31 0102 00 50 ff 0000 aabb');
/** Two-byte extensions: id 3 with 0x0102, id 20 with none. */
const twoByte = () => bytes('90 60 0001 00000002 00000003 1000 0002 03 02 0102 14 00 0000 aabb');

test('MEDIA10: the fixed header is read', () => {
  const packet = plain();
  expect(isRtp(packet)).toBe(true);
  expect(isRtcp(packet)).toBe(false);
  expect(payloadTypeOf(packet)).toBe(96);
  expect(sequenceOf(packet)).toBe(0x1234);
  expect(timestampOf(packet)).toBe(0x89abcdef);
  expect(ssrcOf(packet)).toBe(0xcafebabe);
  expect(payloadStart(packet)).toBe(12);
  expect(payloadEnd(packet)).toBe(15);
});

test('MEDIA10: contributing sources, extension and padding are measured', () => {
  const packet = bytes('b1 60 0001 00000002 00000003 0000000a bede 0001 31 0102 00 aabb 00 02');
  expect(payloadStart(packet)).toBe(24);
  expect(payloadEnd(packet)).toBe(26);
  expect(isRtp(packet)).toBe(true);
});

test('MEDIA10: extensions are found in the one-byte and the two-byte form', () => {
  expect(u16(oneByte(), extensionAt(oneByte(), 3))).toBe(0x0102);
  expect(oneByte()[extensionAt(oneByte(), 5)]).toBe(0xff);
  expect(extensionAt(oneByte(), 4)).toBe(-1);
  expect(u16(twoByte(), extensionAt(twoByte(), 3))).toBe(0x0102);
  expect(extensionAt(twoByte(), 20)).toBeGreaterThan(0);
  expect(extensionAt(plain(), 3)).toBe(-1);
});

test('MEDIA10: malformed packets are not RTP', () => {
  for (const hex of [
    '',
    '80',
    '80 60 0001 00000002 000000',
    // Version 1.
    '40 60 0001 00000002 00000003 aa',
    // More sources than there are bytes.
    '8f 60 0001 00000002 00000003 aa',
    // An extension that ends past the packet.
    '90 60 0001 00000002 00000003 bede ffff 31',
    // Padding longer than the payload, and of none.
    'a0 60 0001 00000002 00000003 aa 05',
    'a0 60 0001 00000002 00000003 aa 00',
  ])
    expect({ hex, rtp: isRtp(bytes(hex)) }).toEqual({ hex, rtp: false });
});

test('MEDIA10: an extension element that runs over its block is not read', () => {
  expect(extensionAt(bytes('90 60 0001 00000002 00000003 bede 0001 3f 010203 aabbccdd'), 3)).toBe(-1);
  // Id 15 ends the one-byte form.
  expect(extensionAt(bytes('90 60 0001 00000002 00000003 bede 0001 f0 00 30 01 aabbccdd'), 3)).toBe(-1);
});

test('MEDIA10: RTCP and RTP on one port are told apart', () => {
  expect(isRtcp(bytes('80 c8 0001 00000001'))).toBe(true);
  expect(isRtcp(bytes('81 cd 0002 00000001 00000002'))).toBe(true);
  // Payload type 72 with marker would look like a sender report: it cannot be negotiated.
  expect(isRtp(bytes('80 60 0001 00000002 00000003'))).toBe(true);
  expect(isRtcp(bytes('80 60 0001 00000002 00000003'))).toBe(false);
  expect(isRtcp(bytes('80 c8 0001'))).toBe(false);
});
