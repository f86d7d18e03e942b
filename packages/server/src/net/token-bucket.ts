/** The refill rate of a bucket and its burst. It may be another at each look. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Seconds of the steady rate that connections and sessions may use at once. */
export const burstSeconds = 5;

/** A steady rate of which the share of a few seconds may come at once. */
export const steadyRate = (perSecond: number): Rate => ({ perSecond, burst: perSecond * burstSeconds });

/** A budget that refills steadily, up to a burst. It has only two numbers of its own, because there are many. */
export class TokenBucket {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  /** Full. `steadyMs`: by the clock that only runs. */
  constructor(rate: Rate, steadyMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = steadyMs;
  }

  /** Takes one, or another amount, but never more than a full burst; false, and nothing is taken, if that is not left. */
  take(steadyMs: number, amount = 1): boolean {
    const taken = Math.min(amount, this.#rate.burst);
    if (this.left(steadyMs) < taken) return false;
    this.#left -= taken;
    return true;
  }

  /** Takes one, or what is left of it. */
  spend(steadyMs: number): void {
    this.#left = Math.max(0, this.left(steadyMs) - 1);
  }

  /** Gives back part of what was taken. */
  giveBack(amount: number): void {
    this.#left += amount;
  }

  /** Tokens that are left now. */
  left(steadyMs: number): number {
    const { perSecond, burst } = this.#rate;
    const refill = (Math.max(0, steadyMs - this.#atMs) * perSecond) / 1000;
    this.#left = Math.min(burst, this.#left + refill);
    this.#atMs = steadyMs;
    return this.#left;
  }

  /** Tells whether the bucket has filled up since its last use. */
  isFull(steadyMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    return steadyMs - this.#atMs >= (burst / perSecond) * 1000;
  }
}
