import { mediaLimits } from '../../limits.ts';

/**
 * The last packets of one stream, shared by all its players, by unwrapped sequence number. It keeps the arrived
 * buffers themselves: no copy is made. Headers of kept packets are rewritten at will, so the original timestamp is
 * kept beside them.
 */
export class ResendRing {
  readonly #packets: (Buffer | undefined)[];
  readonly #sequences: Float64Array;
  readonly #timestamps: Uint32Array;
  readonly #mask: number;

  /** `size`: a power of two. */
  constructor(size: number = mediaLimits.ringPackets) {
    if (size < 1 || (size & (size - 1)) !== 0) throw new RangeError('the ring size must be a power of two');
    this.#mask = size - 1;
    this.#packets = new Array(size).fill(undefined);
    this.#sequences = new Float64Array(size).fill(-1);
    this.#timestamps = new Uint32Array(size);
  }

  /** Keeps a packet; an older one in its place (a full ring ago) is forgotten. A packet older than that one is not kept. */
  put(sequence: number, timestamp: number, packet: Buffer): void {
    const slot = sequence & this.#mask;
    if ((this.#sequences[slot] ?? -1) > sequence) return;
    this.#packets[slot] = packet;
    this.#sequences[slot] = sequence;
    this.#timestamps[slot] = timestamp;
  }

  /** The unwrapped number of the kept packet with these low 16 bits, or -1. */
  find(sequence16: number): number {
    const kept = this.#sequences[sequence16 & this.#mask] ?? -1;
    return kept >= 0 && (kept & 0xffff) === sequence16 ? kept : -1;
  }

  packet(sequence: number): Buffer | undefined {
    const slot = sequence & this.#mask;
    return this.#sequences[slot] === sequence ? this.#packets[slot] : undefined;
  }

  /** The packet's original RTP timestamp; only of a kept packet. */
  timestamp(sequence: number): number {
    return this.#timestamps[sequence & this.#mask] ?? 0;
  }

  clear(): void {
    this.#packets.fill(undefined);
    this.#sequences.fill(-1);
  }
}
