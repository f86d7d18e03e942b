import { mediaLimits } from '../../limits.ts';

/**
 * What may be sent again to one viewer: a share of what its way carries. A viewer whose way is full asks for most of what it
 * is sent, and answering it all would fill the way further.
 */
export class ResendBudget {
  readonly #packetsPerSecondMax: number;
  #bytes = 0;
  #filledMs = Number.NaN;
  #second = -1;
  #packets = 0;

  constructor(packetsPerSecondMax: number) {
    this.#packetsPerSecondMax = packetsPerSecondMax;
  }

  /** Takes `bytes` of what is allowed at a way of `bitsPerSecond`; false if that is used up. */
  take(bytes: number, bitsPerSecond: number, nowMs: number): boolean {
    const allowed = Math.max(bitsPerSecond * mediaLimits.resendShare, mediaLimits.resendBitsPerSecondMin) / 8;
    const passedMs = Number.isNaN(this.#filledMs) ? 1_000 : nowMs - this.#filledMs;
    this.#filledMs = nowMs;
    // What was not used in a second is not kept for the next.
    this.#bytes = Math.min(allowed, this.#bytes + (allowed * passedMs) / 1_000);
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#packets = 0;
    }
    if (this.#packets >= this.#packetsPerSecondMax || this.#bytes < bytes) return false;
    this.#packets += 1;
    this.#bytes -= bytes;
    return true;
  }
}
