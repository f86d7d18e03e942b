import { payloadEnd, payloadStart, setU16, u16 } from './rtp.ts';

/** Where a VP8 payload descriptor (RFC 7741 section 4.2) numbers its picture, and what it says there. */
export interface Vp8Descriptor {
  /** Offset of the picture id in the packet, bytes; -1 if there is none. */
  readonly pictureIdAt: number;
  /** True if the picture id has 15 bits, else it has 7. */
  readonly isWide: boolean;
  readonly pictureId: number;
  /** Offset of TL0PICIDX in the packet, bytes; -1 if there is none. */
  readonly tl0At: number;
  readonly tl0: number;
  /** Temporal layer of the frame; 0 if the descriptor names none. */
  readonly temporalId: number;
}

/** A packet that numbers nothing: of another codec, or malformed. */
export const noDescriptor: Vp8Descriptor = {
  pictureIdAt: -1,
  isWide: false,
  pictureId: 0,
  tl0At: -1,
  tl0: 0,
  temporalId: 0,
};

/** Reads the descriptor of a VP8 packet. A packet that ends within its descriptor numbers nothing. */
export function readVp8(packet: Uint8Array): Vp8Descriptor {
  const start = payloadStart(packet);
  const end = payloadEnd(packet);
  if (start >= end || ((packet[start] ?? 0) & 0x80) === 0) return noDescriptor;
  const extended = packet[start + 1] ?? 0;
  let at = start + 2;
  let pictureIdAt = -1;
  let isWide = false;
  if (extended & 0x80) {
    pictureIdAt = at;
    isWide = ((packet[at] ?? 0) & 0x80) !== 0;
    at += isWide ? 2 : 1;
  }
  const tl0At = extended & 0x40 ? at : -1;
  if (tl0At >= 0) at += 1;
  const temporalAt = at;
  if (extended & 0x30) at += 1;
  if (at > end) return noDescriptor;
  const pictureId =
    pictureIdAt < 0 ? 0 : isWide ? u16(packet, pictureIdAt) & 0x7fff : (packet[pictureIdAt] ?? 0);
  return {
    pictureIdAt,
    isWide,
    pictureId,
    tl0At,
    tl0: tl0At < 0 ? 0 : (packet[tl0At] ?? 0),
    temporalId: extended & 0x20 ? (packet[temporalAt] ?? 0) >> 6 : 0,
  };
}

/** Overwrites a picture id at `at` in its own width. */
export function writePictureId(packet: Uint8Array, at: number, isWide: boolean, pictureId: number): void {
  if (isWide) setU16(packet, at, 0x8000 | (pictureId & 0x7fff));
  else packet[at] = pictureId & 0x7f;
}
