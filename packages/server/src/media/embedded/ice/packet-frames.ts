/** Packets on a TCP connection, each after its length in two bytes (RFC 4571). */

const lengthBytes = 2;

/** The longest packet that a frame can hold, bytes. */
export const framedBytesMax = 0xffff;

export function framed(packet: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + packet.length);
  frame.writeUInt16BE(packet.length, 0);
  packet.copy(frame, lengthBytes);
  return frame;
}

/** Takes a stream apart, however it was cut. It keeps at most one frame that is not whole. */
export class PacketFrames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must be there before anything can be read: of the next length, or of the next frame. */
  #needed = lengthBytes;

  /** The packets that are whole now; undefined once one is longer than `bytesMax`, after which nothing can be read. */
  take(chunk: Buffer, bytesMax: number): Buffer[] | undefined {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Joined only when there is enough: a frame that comes byte by byte is not copied at each.
    if (this.#bytes < this.#needed) return [];
    const whole = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : chunk;
    const packets: Buffer[] = [];
    let at = 0;
    this.#needed = lengthBytes;
    while (whole.length - at >= lengthBytes) {
      const length = whole.readUInt16BE(at);
      if (length > bytesMax) return undefined;
      this.#needed = lengthBytes + length;
      if (whole.length - at < this.#needed) break;
      packets.push(whole.subarray(at + lengthBytes, at + this.#needed));
      at += this.#needed;
      this.#needed = lengthBytes;
    }
    this.#bytes = whole.length - at;
    this.#chunks = this.#bytes > 0 ? [whole.subarray(at)] : [];
    return packets;
  }
}
