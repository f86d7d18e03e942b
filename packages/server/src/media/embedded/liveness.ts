import { mediaLimits } from '../limits.ts';

/**
 * Tells when a connected peer has fallen silent and when it is back. ICE takes 26 s to notice a killed process; packets
 * stop at once. Each peer is judged by its own habit: one that reports every few seconds is given longer.
 */
export class Liveness {
  readonly #stallMs: number;
  #heardMs: number;
  #shortGaps = 0;
  #stalled = false;

  /**
   * `stallMs`: silence that counts as a stall for a peer with a quick habit, milliseconds. `quick`: believed quick until
   * it shows otherwise; else it must show it first.
   */
  constructor(nowMs: number, stallMs: number, quick: boolean) {
    this.#heardMs = nowMs;
    this.#stallMs = stallMs;
    this.#shortGaps = quick ? mediaLimits.quickGaps : 0;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  heard(nowMs: number): void {
    if (nowMs - this.#heardMs >= mediaLimits.slowGapMs) this.#shortGaps = 0;
    else if (this.#shortGaps < mediaLimits.quickGaps) this.#shortGaps += 1;
    this.#heardMs = nowMs;
  }

  /** What changed since the last call, if anything. */
  check(nowMs: number): 'stalled' | 'resumed' | undefined {
    const quick = this.#shortGaps >= mediaLimits.quickGaps;
    const silent = nowMs - this.#heardMs >= (quick ? this.#stallMs : mediaLimits.slowStallMs);
    if (silent === this.#stalled) return undefined;
    this.#stalled = silent;
    return silent ? 'stalled' : 'resumed';
  }
}
