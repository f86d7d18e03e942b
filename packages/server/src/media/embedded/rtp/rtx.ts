import { payloadEnd, payloadStart, setU16, setU32, u16 } from './rtp.ts';

/**
 * Turns a repair packet (RFC 4588 section 4) back into what it repeats: its number is the first two bytes of the payload.
 * Undefined if it repeats nothing: senders probe the bandwidth with empty ones.
 */
export function turnedBack(packet: Buffer, payloadType: number, ssrc: number): Buffer | undefined {
  const start = payloadStart(packet);
  const end = payloadEnd(packet);
  if (end - start <= 2) return undefined;
  const original = Buffer.concat([packet.subarray(0, start), packet.subarray(start + 2, end)]);
  // Padding was cut off with the two bytes.
  original[0] = (packet[0] ?? 0) & 0xdf;
  original[1] = ((packet[1] ?? 0) & 0x80) | payloadType;
  setU16(original, 2, u16(packet, start));
  setU32(original, 8, ssrc);
  return original;
}
