import { payloadEnd, payloadStart } from './rtp.ts';

/** True if the packet begins a picture that can be decoded without an earlier one. Unknown codecs: never. */
export function startsKeyframe(codec: 'VP8' | 'H264' | 'opus', packet: Uint8Array): boolean {
  const start = payloadStart(packet);
  const end = payloadEnd(packet);
  if (start >= end) return false;
  if (codec === 'VP8') return vp8(packet, start, end);
  if (codec === 'H264') return h264(packet, start, end);
  return false;
}

/** RFC 7741 section 4: the first packet of partition 0, whose payload header has P = 0. */
function vp8(packet: Uint8Array, start: number, end: number): boolean {
  const descriptor = packet[start] ?? 0;
  if ((descriptor & 0x10) === 0 || (descriptor & 0x07) !== 0) return false;
  let at = start + 1;
  if (descriptor & 0x80) {
    const extended = packet[at] ?? 0;
    at += 1;
    if (extended & 0x80) at += (packet[at] ?? 0) & 0x80 ? 2 : 1;
    if (extended & 0x40) at += 1;
    if (extended & 0x30) at += 1;
  }
  return at < end && ((packet[at] ?? 1) & 1) === 0;
}

/** RFC 6184: an IDR slice (5) or sequence parameters (7), alone, aggregated (24) or as the first fragment (28). */
function h264(packet: Uint8Array, start: number, end: number): boolean {
  const type = (packet[start] ?? 0) & 0x1f;
  if (type === 5 || type === 7) return true;
  if (type === 28) {
    const header = packet[start + 1] ?? 0;
    const inner = header & 0x1f;
    return start + 1 < end && (header & 0x80) !== 0 && (inner === 5 || inner === 7);
  }
  if (type !== 24) return false;
  let at = start + 1;
  while (at + 2 < end) {
    const inner = (packet[at + 2] ?? 0) & 0x1f;
    if (inner === 5 || inner === 7) return true;
    at += 2 + (((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0));
  }
  return false;
}
