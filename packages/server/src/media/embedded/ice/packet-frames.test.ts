import { expect, test } from 'bun:test';
import { framed, framedBytesMax, PacketFrames } from './packet-frames.ts';

test('MEDIA46: packets come out of a stream as they went in, however it is cut', () => {
  const packets = [0, 1, 2, 3, 500, framedBytesMax, 7].map((length, i) => Buffer.alloc(length, i + 1));
  const stream = Buffer.concat(packets.map(framed));
  for (const size of [1, 2, 3, 7, 1_000, stream.length]) {
    const frames = new PacketFrames();
    const out: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size)
      out.push(...(frames.take(stream.subarray(at, at + size), framedBytesMax) ?? []));
    expect(out.length).toBe(packets.length);
    expect(out.every((packet, i) => packet.equals(packets[i] ?? Buffer.alloc(9)))).toBe(true);
  }
});

test('MEDIA46: a frame that is longer than it may be is told by its length alone', () => {
  const frames = new PacketFrames();
  expect(frames.take(framed(Buffer.alloc(1_500)), 1_500)).toHaveLength(1);
  expect(frames.take(Buffer.from([5]), 1_500)).toEqual([]);
  expect(frames.take(Buffer.from([221]), 1_500)).toBeUndefined();
});
