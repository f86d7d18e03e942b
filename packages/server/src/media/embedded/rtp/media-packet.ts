import { startsKeyframe } from './keyframe.ts';
import { payloadEnd, payloadStart, setU16, setU32, timestampOf } from './rtp.ts';
import { noDescriptor, readVp8, type Vp8Descriptor, writePictureId } from './vp8.ts';

/** Bytes before the payload: a fixed header, and one-byte extensions for a transport number and a playout delay. */
const roomBytes = 24;
const headerBytes = 12;

/** The fixed header of a packet of the player's own. */
export interface OwnHeader {
  payloadType: number;
  readonly ssrc: number;
  sequence: number;
  timestamp: number;
}

/** What one player writes over a packet that it shares with others. */
export interface PlayerHeader extends OwnHeader {
  /** Of VP8: what the player calls the picture and its base layer. */
  pictureId: number;
  tl0: number;
}

/** Header extensions of the player's own; an id of 0 leaves one out. */
export interface PlayerExtensions {
  readonly transportCcId: number;
  transportNumber: number;
  readonly playoutDelayId: number;
  /** 24 bits, as the extension has them; -1 leaves it out. */
  playoutDelay: number;
}

export const noExtensions: PlayerExtensions = {
  transportCcId: 0,
  transportNumber: 0,
  playoutDelayId: 0,
  playoutDelay: -1,
};

/**
 * A publisher's packet in the shape in which all its players share it. Its header is written anew for each of them before
 * a send, which copies; so nothing of the publisher's own header or extensions is ever passed on.
 */
export class MediaPacket {
  /** Unwrapped. */
  readonly sequence: number;
  /** The publisher's. */
  readonly timestamp: number;
  readonly isKeyframeStart: boolean;
  readonly vp8: Vp8Descriptor;
  readonly payloadBytes: number;
  readonly #bytes: Buffer;
  readonly #marker: number;

  /** `packet`: a well-formed RTP packet, which is copied. */
  constructor(packet: Buffer, sequence: number, codec: 'VP8' | 'H264' | 'opus') {
    const start = payloadStart(packet);
    const end = payloadEnd(packet);
    const shift = roomBytes - start;
    this.sequence = sequence;
    this.timestamp = timestampOf(packet);
    this.#marker = (packet[1] ?? 0) & 0x80;
    this.isKeyframeStart = startsKeyframe(codec, packet);
    const vp8 = codec === 'VP8' ? readVp8(packet) : noDescriptor;
    this.vp8 =
      vp8 === noDescriptor
        ? vp8
        : {
            ...vp8,
            pictureIdAt: vp8.pictureIdAt < 0 ? -1 : vp8.pictureIdAt + shift,
            tl0At: vp8.tl0At < 0 ? -1 : vp8.tl0At + shift,
          };
    this.payloadBytes = end - start;
    this.#bytes = Buffer.allocUnsafe(roomBytes + this.payloadBytes);
    packet.copy(this.#bytes, roomBytes, start, end);
  }

  /** The packet as one player gets it. It is good until the next call, by whomever. */
  written(header: PlayerHeader, extensions: PlayerExtensions): Uint8Array {
    this.#writePicture(header);
    const at = writeHeader(this.#bytes, this.#marker, header, extensions);
    return at === 0 ? this.#bytes : this.#bytes.subarray(at);
  }

  /**
   * The same in a repair packet (RFC 4588), which has numbers and a payload type of its own and begins with the number of
   * what it repairs. It is a copy: repairs are few.
   */
  repair(
    header: PlayerHeader,
    extensions: PlayerExtensions,
    own: Pick<PlayerHeader, 'payloadType' | 'ssrc' | 'sequence'>,
  ): Uint8Array {
    this.#writePicture(header);
    const packet = Buffer.allocUnsafe(this.#bytes.length + 2);
    const { payloadType, ssrc, sequence } = own;
    const at = writeHeader(packet, this.#marker, { ...header, payloadType, ssrc, sequence }, extensions);
    setU16(packet, roomBytes, header.sequence);
    this.#bytes.copy(packet, roomBytes + 2, roomBytes);
    return packet.subarray(at);
  }

  #writePicture({ pictureId, tl0 }: PlayerHeader): void {
    const { pictureIdAt, isWide, tl0At } = this.vp8;
    if (pictureIdAt >= 0) writePictureId(this.#bytes, pictureIdAt, isWide, pictureId);
    if (tl0At >= 0) this.#bytes[tl0At] = tl0;
  }
}

/** Writes a header that ends at `roomBytes`, and gives the offset at which it begins. */
function writeHeader(
  bytes: Uint8Array,
  marker: number,
  header: OwnHeader,
  extensions: PlayerExtensions,
): number {
  const { transportCcId, playoutDelayId, playoutDelay } = extensions;
  const hasDelay = playoutDelayId > 0 && playoutDelay >= 0;
  const words = hasDelay ? 2 : transportCcId > 0 ? 1 : 0;
  const at = words === 0 ? roomBytes - headerBytes : roomBytes - headerBytes - 4 - words * 4;
  bytes[at] = words === 0 ? 0x80 : 0x90;
  bytes[at + 1] = marker | header.payloadType;
  setU16(bytes, at + 2, header.sequence);
  setU32(bytes, at + 4, header.timestamp);
  setU32(bytes, at + 8, header.ssrc);
  if (words === 0) return at;
  setU16(bytes, at + 12, 0xbede);
  setU16(bytes, at + 14, words);
  bytes.fill(0, at + 16, roomBytes);
  let element = at + 16;
  if (transportCcId > 0) {
    bytes[element] = (transportCcId << 4) | 1;
    setU16(bytes, element + 1, extensions.transportNumber & 0xffff);
    element += 3;
  }
  if (hasDelay) {
    bytes[element] = (playoutDelayId << 4) | 2;
    bytes[element + 1] = playoutDelay >>> 16;
    setU16(bytes, element + 2, playoutDelay & 0xffff);
  }
  return at;
}

/** A packet of padding alone, as repair streams carry it: `bytes` of padding, 1 to 255. */
export function paddingPacket(header: OwnHeader, extensions: PlayerExtensions, bytes: number): Uint8Array {
  const packet = Buffer.alloc(roomBytes + bytes);
  const at = writeHeader(packet, 0, header, extensions);
  packet[at] = (packet[at] ?? 0) | 0x20;
  packet[packet.length - 1] = bytes;
  return packet.subarray(at);
}
