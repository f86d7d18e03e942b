/** What a transformed frame is of. */
export type FrameKind = 'audio' | 'video';

// The functions of this room that a worker runs name nothing from outside of themselves: their text is the worker's script, and a
// minifier renames what they would share. What one needs of another is handed to it.

/**
 * The number of bytes at a frame's beginning that stay as they are, because packets are made, and keyframes and layers found, by
 * them: of Opus the TOC (RFC 6716), of VP8 its header (RFC 6386: 10 bytes of a keyframe, else 3), of H.264 all before the first slice,
 * with two bytes of its header.
 */
export function clearBytes(frame: Uint8Array, kind: FrameKind): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = frame;
  if (kind === 'audio') return Math.min(1, frame.length);
  const isAnnexB = first === 0 && second === 0 && (third === 1 || (third === 0 && fourth === 1));
  // No VP8 frame begins like this: it would be a keyframe that is not shown, with an empty first partition.
  if (!isAnnexB) return Math.min((first & 1) === 0 ? 10 : 3, frame.length);
  for (let at = 0; at + 3 < frame.length; at += 1) {
    if (frame[at] !== 0 || frame[at + 1] !== 0 || frame[at + 2] !== 1) continue;
    const type = (frame[at + 3] ?? 0) & 0x1f;
    if (type === 1 || type === 5) return Math.min(at + 6, frame.length);
  }
  return frame.length;
}

/** True if the frame is H.264 in the form of Annex B. */
export function isAnnexB(frame: Uint8Array): boolean {
  return frame[0] === 0 && frame[1] === 0 && (frame[2] === 1 || (frame[2] === 0 && frame[3] === 1));
}

/** Puts a 3 between two zeros and what would look like a start code after them (H.264, 7.4.1); `before` is what stands before these bytes. */
export function escapeBytes(bytes: Uint8Array, before: Uint8Array): Uint8Array {
  const escaped = new Uint8Array(bytes.length + (bytes.length >> 1) + 1);
  let length = 0;
  let zeros = before[before.length - 1] !== 0 ? 0 : before[before.length - 2] === 0 ? 2 : 1;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      escaped[length++] = 3;
      zeros = 0;
    }
    escaped[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return escaped.slice(0, length);
}

/** Undoes it. */
export function unescapeBytes(bytes: Uint8Array, before: Uint8Array): Uint8Array {
  const plain = new Uint8Array(bytes.length);
  let length = 0;
  let zeros = before[before.length - 1] !== 0 ? 0 : before[before.length - 2] === 0 ? 2 : 1;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    plain[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return plain.slice(0, length);
}
