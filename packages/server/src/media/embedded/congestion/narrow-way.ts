import { mediaLimits } from '../../limits.ts';

/**
 * Judges by what a viewer misses whether its way carries the large picture. It knows nothing of the way's rate: it goes down at
 * once, and up by trying, each time later if that was in vain. Times are milliseconds.
 */
export class NarrowWay {
  #isNarrow = false;
  #missed = 0;
  /** Looks in a row that found too much. */
  #badLooks = 0;
  #sentBefore = 0;
  #windowMs = 0;
  /** When it last was too much. */
  #badMs = 0;
  #waitMs: number = mediaLimits.narrowWaitMs;
  #triedMs = Number.NEGATIVE_INFINITY;

  get isNarrow(): boolean {
    return this.#isNarrow;
  }

  /** The viewer asked for so many packets again. */
  missed(packets: number): void {
    this.#missed += packets;
  }

  /** Judges, each `narrowLookMs`; `sent`: packets so far. True if the verdict is another now. */
  look(sent: number, nowMs: number): boolean {
    if (nowMs - this.#windowMs < mediaLimits.narrowLookMs) return false;
    this.#windowMs = nowMs;
    const sentNow = sent - this.#sentBefore;
    const missed = this.#missed;
    this.#sentBefore = sent;
    this.#missed = 0;
    const { narrowMissedMin, narrowMissedShare } = mediaLimits;
    if (missed >= narrowMissedMin && missed > sentNow * narrowMissedShare) return this.#tooMuch(nowMs);
    this.#badLooks = 0;
    if (!this.#isNarrow || nowMs - this.#badMs < this.#waitMs) return false;
    this.#isNarrow = false;
    this.#triedMs = nowMs;
    return true;
  }

  #tooMuch(nowMs: number): boolean {
    this.#badMs = nowMs;
    this.#badLooks += 1;
    const { narrowLooks, narrowWaitMs, narrowWaitMsMax, narrowHeldMs } = mediaLimits;
    const wasInVain = nowMs - this.#triedMs < narrowHeldMs;
    if (this.#isNarrow || (this.#badLooks < narrowLooks && !wasInVain)) return false;
    this.#isNarrow = true;
    this.#waitMs = wasInVain ? Math.min(this.#waitMs * 4, narrowWaitMsMax) : narrowWaitMs;
    return true;
  }
}
