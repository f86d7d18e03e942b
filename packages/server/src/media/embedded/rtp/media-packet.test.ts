import { expect, test } from 'bun:test';
import { MediaPacket, noExtensions, type PlayerHeader, paddingPacket } from './media-packet.ts';
import { extensionAt, isRtp, payloadEnd, payloadStart, u16 } from './rtp.ts';
import { turnedBack } from './rtx.ts';
import { readVp8 } from './vp8.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hex = (packet: Uint8Array): string => Buffer.from(packet).toString('hex');
const header = (fields: Partial<PlayerHeader> = {}): PlayerHeader => ({
  payloadType: 102,
  ssrc: 0x01020304,
  sequence: 0xffff,
  timestamp: 0xfffffffe,
  pictureId: 0,
  tl0: 0,
  ...fields,
});

test('MEDIA2: a header of the player’s own keeps the marker and the payload, and nothing else', () => {
  // A contributing source, an extension of the publisher's, and padding.
  const packet = bytes('b1 e0 0001 00000002 00000003 0000000a bede 0001 31 0102 00 aabb 00 02');
  const shared = new MediaPacket(packet, 1, 'opus');
  expect(hex(shared.written(header(), noExtensions))).toBe('80e6fffffffffffe01020304aabb');
  // What one player wrote does not stay for the next.
  const extensions = { transportCcId: 3, transportNumber: 0x1_0005, playoutDelayId: 0, playoutDelay: -1 };
  expect(hex(shared.written(header({ sequence: 1 }), extensions))).toBe(
    '90e60001fffffffe01020304bede000131000500aabb',
  );
  const delayed = { ...extensions, playoutDelayId: 9, playoutDelay: 0x1403e8 };
  expect(hex(shared.written(header({ sequence: 1 }), delayed))).toBe(
    '90e60001fffffffe01020304bede0002310005921403e800aabb',
  );
  expect(hex(shared.written(header(), noExtensions))).toBe('80e6fffffffffffe01020304aabb');
});

test('MEDIA60: a repair begins with the number it repairs, and turns back into the packet', () => {
  const shared = new MediaPacket(bytes('80 e0 0001 00000002 00000003 90 e0 8001 05 20 00 77'), 1, 'VP8');
  const extensions = { ...noExtensions, transportCcId: 3, transportNumber: 6 };
  const numbers = header({ pictureId: 300, tl0: 9 });
  const sent = hex(shared.written(numbers, noExtensions));
  const repair = Buffer.from(
    shared.repair(numbers, extensions, { payloadType: 97, ssrc: 5, sequence: 0x1234 }),
  );
  expect(hex(repair).slice(0, 24)).toBe('90e11234fffffffe00000005');
  expect(u16(repair, extensionAt(repair, 3))).toBe(6);
  const back = turnedBack(repair, 102, 0x01020304) ?? Buffer.alloc(0);
  expect(hex(new MediaPacket(back, 1, 'VP8').written(numbers, noExtensions))).toBe(sent);
});

test('MEDIA62: a repair without a payload, or with padding alone, repairs nothing', () => {
  expect(turnedBack(bytes('80 61 0001 00000002 00000003'), 96, 1)).toBeUndefined();
  expect(turnedBack(bytes('80 61 0001 00000002 00000003 0102'), 96, 1)).toBeUndefined();
  expect(turnedBack(bytes('a0 61 0001 00000002 00000003 0000 0003'), 96, 1)).toBeUndefined();
  const padded = turnedBack(bytes('a0 e1 0001 00000002 00000003 0102 aabb 0002'), 96, 7);
  expect(hex(padded ?? Buffer.alloc(0))).toBe('80e001020000000200000007aabb');
});

test('MEDIA65: a picture’s numbers are read and written in the width that they have', () => {
  const packetOf = (payload: string) => bytes(`80 60 0001 00000002 00000003 ${payload}`);
  const read = (payload: string) => {
    const { pictureId, isWide, tl0, temporalId } = readVp8(packetOf(payload));
    return [pictureId, isWide, tl0, temporalId];
  };
  expect(read('90 e0 8001 05 a0 00')).toEqual([1, true, 5, 2]);
  expect(read('90 e0 7f 05 60 00')).toEqual([127, false, 5, 1]);
  expect(read('90 80 05 00')).toEqual([5, false, 0, 0]);
  expect(read('90 20 40 00')).toEqual([0, false, 0, 1]);
  expect(read('10 00')).toEqual([0, false, 0, 0]);
  // It ends within its descriptor.
  expect(read('90 e0 8001')).toEqual([0, false, 0, 0]);
  const written = (payload: string, pictureId: number) => {
    const shared = new MediaPacket(packetOf(payload), 1, 'VP8');
    return hex(shared.written(header({ pictureId, tl0: 0xfe }), noExtensions)).slice(24);
  };
  expect(written('90 e0 8001 05 a0 00', 0x7fff)).toBe('90e0fffffea000');
  expect(written('90 e0 7f 05 60 00', 0)).toBe('90e000fe6000');
  expect(written('10 00', 9)).toBe('1000');
});

test('MEDIA60: padding is a well-formed packet without a payload', () => {
  for (const count of [1, 4, 255]) {
    const packet = paddingPacket(header(), { ...noExtensions, transportCcId: 3 }, count);
    expect(isRtp(packet)).toBe(true);
    expect(payloadEnd(packet)).toBe(payloadStart(packet));
    expect(packet.length).toBe(20 + count);
  }
});
