import { expect, test } from 'bun:test';
import { rtpPacket } from '../../../../testing/media/synthetic-peer.ts';
import { MediaPacket, type PlayerHeader } from '../rtp/media-packet.ts';
import { Numbering } from './numbering.ts';

/** A packet of a frame with a picture id of 7 or 15 bits. */
function packet(sequence: number, frame: number, isWide = true): MediaPacket {
  const id = isWide ? [0x80 | ((frame >> 8) & 0x7f), frame & 0xff] : [frame & 0x7f];
  const payload = Buffer.from([0x90, 0xe0, ...id, frame & 0xff, 0x20, 0x01]);
  return new MediaPacket(
    rtpPacket({ payloadType: 96, sequence, timestamp: (frame * 3_000) >>> 0, ssrc: 7, payload }),
    sequence,
    'VP8',
  );
}

const placed = (numbering: Numbering, of: MediaPacket) => {
  const header: PlayerHeader = { payloadType: 96, ssrc: 1, sequence: 0, timestamp: 0, pictureId: 0, tl0: 0 };
  if (!numbering.place(of, header)) return undefined;
  return [header.sequence, header.timestamp, header.pictureId];
};

test('MEDIA65: numbers wrap in their own widths, and a new start follows the last', () => {
  const numbering = new Numbering(65_534, 0xffffffff);
  numbering.start(packet(10, 127, false), 2 - 127 * 3_000 - 3);
  expect(placed(numbering, packet(10, 127, false))).toEqual([65_535, 0, 1]);
  expect(placed(numbering, packet(11, 0, false))?.[2]).toBe(2);
  numbering.start(packet(900, 0x7fff), -0x7fff * 3_000 + 6_000);
  expect(placed(numbering, packet(900, 0x7fff))).toEqual([1, 6_000, 3]);
  expect(placed(numbering, packet(901, 0))?.[2]).toBe(4);
});

test('MEDIA66: what is left out leaves no hole in the numbers, and late packets find their place among it', () => {
  const numbering = new Numbering(0, 0);
  // Frames of two packets; every second frame is left out.
  numbering.start(packet(100, 10), 1 - 30_000);
  const out: (number[] | undefined)[] = [];
  for (let sequence = 100; sequence < 112; sequence++) {
    const frame = 10 + Math.floor((sequence - 100) / 2);
    // These are late.
    if (sequence === 101 || sequence === 105) continue;
    if (frame % 2 === 1) numbering.leaveOut(packet(sequence, frame));
    else out.push(placed(numbering, packet(sequence, frame)));
  }
  expect(out.map((numbers) => [numbers?.[0], numbers?.[2]])).toEqual([
    [1, 1],
    [3, 2],
    [5, 3],
    [6, 3],
  ]);
  expect(placed(numbering, packet(101, 10))).toEqual([2, 1, 1]);
  expect(placed(numbering, packet(105, 12))?.[0]).toBe(4);
  expect(placed(numbering, packet(99, 9))).toBeUndefined();
});

test('MEDIA66: a packet whose place is not known any more is not sent under another’s number', () => {
  const numbering = new Numbering(0, 0);
  numbering.start(packet(0, 0), 1);
  placed(numbering, packet(0, 0));
  for (let sequence = 2; sequence < 400; sequence++) numbering.leaveOut(packet(sequence, sequence));
  expect(placed(numbering, packet(1, 1))).toBeUndefined();
});

test('MEDIA65: a first frame of the same instant as the last one is one tick later, and the next are where they belong', () => {
  const numbering = new Numbering(0, 1_000);
  numbering.start(packet(5, 2), 990 - 6_000);
  expect(placed(numbering, packet(5, 2))?.[1]).toBe(1_001);
  expect(placed(numbering, packet(6, 2))?.[1]).toBe(1_001);
  expect(placed(numbering, packet(7, 3))?.[1]).toBe(3_990);
});
