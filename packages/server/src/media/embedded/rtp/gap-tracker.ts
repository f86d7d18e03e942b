import { mediaLimits } from '../../limits.ts';

/** Knows which packets of a stream are missing, and when to ask for each (again). Unwrapped sequence numbers, milliseconds. */
export class GapTracker {
  readonly #missing = new Map<number, { tries: number; nextMs: number }>();
  #highest = -1;

  /** Notes an arrival. True if a hole opened that is too large to fill: the caller asks for a keyframe instead. */
  arrived(sequence: number, nowMs: number): boolean {
    if (this.#highest < 0) {
      this.#highest = sequence;
      return false;
    }
    if (sequence <= this.#highest) {
      this.#missing.delete(sequence);
      return false;
    }
    const hole = sequence - this.#highest - 1;
    const first = this.#highest + 1;
    this.#highest = sequence;
    if (hole === 0) return false;
    if (hole > mediaLimits.gapPacketsMax || this.#missing.size + hole > mediaLimits.missingMax) {
      this.#missing.clear();
      return true;
    }
    for (let lost = first; lost < sequence; lost++) this.#missing.set(lost, { tries: 0, nextMs: nowMs });
    return false;
  }

  /** The 16-bit numbers to ask for now, in order; each at most `nackTriesMax` times. */
  due(nowMs: number): number[] {
    if (this.#missing.size === 0) return [];
    const asks: number[] = [];
    for (const [sequence, ask] of this.#missing) {
      if (ask.nextMs > nowMs) continue;
      if (ask.tries >= mediaLimits.nackTriesMax) {
        this.#missing.delete(sequence);
        continue;
      }
      ask.tries += 1;
      ask.nextMs = nowMs + mediaLimits.nackRetryMs;
      asks.push(sequence & 0xffff);
    }
    return asks;
  }

  reset(): void {
    this.#missing.clear();
    this.#highest = -1;
  }
}
