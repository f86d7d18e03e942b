import type { MediaPacket, PlayerHeader } from '../rtp/media-packet.ts';

/**
 * The last numbers that one stream of one player was given, and what each stands for: the shared packet, its numbers, when
 * and how often it was sent. A repair comes from here, whatever the source was, so no switch breaks one. Flat arrays.
 */
export class SendTable {
  readonly #mask: number;
  readonly #packets: (MediaPacket | undefined)[];
  readonly #sequences: Int32Array;
  readonly #timestamps: Uint32Array;
  readonly #pictureIds: Uint16Array;
  readonly #tl0s: Uint8Array;
  readonly #firstMs: Float64Array;
  readonly #lastMs: Float64Array;
  readonly #tries: Uint8Array;

  /** `size`: a power of two. */
  constructor(size: number) {
    if (size < 1 || (size & (size - 1)) !== 0) throw new RangeError('the table size must be a power of two');
    this.#mask = size - 1;
    this.#packets = new Array(size).fill(undefined);
    this.#sequences = new Int32Array(size).fill(-1);
    this.#timestamps = new Uint32Array(size);
    this.#pictureIds = new Uint16Array(size);
    this.#tl0s = new Uint8Array(size);
    this.#firstMs = new Float64Array(size);
    this.#lastMs = new Float64Array(size);
    this.#tries = new Uint8Array(size);
  }

  /** Notes a packet under its numbers; it is not sent yet. What had its place, a full table ago, is forgotten. */
  put(packet: MediaPacket, header: PlayerHeader): void {
    const slot = header.sequence & this.#mask;
    this.#packets[slot] = packet;
    this.#sequences[slot] = header.sequence;
    this.#timestamps[slot] = header.timestamp;
    this.#pictureIds[slot] = header.pictureId;
    this.#tl0s[slot] = header.tl0;
    this.#firstMs[slot] = -1;
    this.#tries[slot] = 0;
  }

  /** The packet of this number, and its numbers written into `header`; undefined if it is not kept. */
  take(sequence: number, header: PlayerHeader): MediaPacket | undefined {
    const slot = sequence & this.#mask;
    if (this.#sequences[slot] !== sequence) return undefined;
    header.sequence = sequence;
    header.timestamp = this.#timestamps[slot] ?? 0;
    header.pictureId = this.#pictureIds[slot] ?? 0;
    header.tl0 = this.#tl0s[slot] ?? 0;
    return this.#packets[slot];
  }

  /** It went out, for the first time or again. */
  sent(sequence: number, nowMs: number): void {
    const slot = sequence & this.#mask;
    if (this.#sequences[slot] !== sequence) return;
    if ((this.#firstMs[slot] ?? -1) < 0) this.#firstMs[slot] = nowMs;
    this.#lastMs[slot] = nowMs;
  }

  /**
   * Counts a try to send it again. False if there must be none now: it was never sent, was sent first more than `ageMsMax`
   * ago, was tried `triesMax` times, or the last try may still be under way.
   */
  tryAgain(
    sequence: number,
    limits: { readonly ageMsMax: number; readonly triesMax: number },
    roundTripMs: number,
    nowMs: number,
  ): boolean {
    const slot = sequence & this.#mask;
    const firstMs = this.#firstMs[slot] ?? -1;
    const tries = this.#tries[slot] ?? 0;
    if (this.#sequences[slot] !== sequence || firstMs < 0 || nowMs - firstMs > limits.ageMsMax) return false;
    if (tries >= limits.triesMax) return false;
    if (tries > 0 && nowMs - (this.#lastMs[slot] ?? 0) < roundTripMs) return false;
    this.#tries[slot] = tries + 1;
    // A try that waits in a queue counts from now on.
    this.#lastMs[slot] = nowMs;
    return true;
  }

  clear(): void {
    this.#packets.fill(undefined);
    this.#sequences.fill(-1);
  }
}
