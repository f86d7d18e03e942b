/** Pixels of the picture that a VP8 keyframe begins (RFC 6386 section 9.1); 0 if the frame's first packet ends before that. */
export function vp8Pixels(payload: Uint8Array): number {
  let at = 1;
  const first = payload[0] ?? 0;
  if (first & 0x80) {
    const extended = payload[1] ?? 0;
    at = 2;
    if (extended & 0x80) at += (payload[at] ?? 0) & 0x80 ? 2 : 1;
    if (extended & 0x40) at += 1;
    if (extended & 0x30) at += 1;
  }
  // A frame tag of three bytes, a start code of three, then 14 bits each of width and height.
  if (at + 10 > payload.length || payload[at + 3] !== 0x9d || payload[at + 4] !== 0x01) return 0;
  const size = (place: number) =>
    ((payload[at + place] ?? 0) | ((payload[at + place + 1] ?? 0) << 8)) & 0x3fff;
  return size(6) * size(8);
}
