/** First wait and longest wait between two attempts, milliseconds. Chosen: back within a blink, gentle in an outage. */
export const backoffDefaults = { firstMs: 250, mostMs: 5000 } as const;

/** Waits that double from attempt to attempt; each is cut by up to half at random, so that clients do not come in step. */
export class Backoff {
  #attempt = 0;
  /** The longest wait that is no danger to anything, milliseconds; undefined while nothing is at stake. */
  #safeMs: number | undefined;

  constructor(
    private readonly options: { firstMs: number; mostMs: number } = backoffDefaults,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * The next wait, milliseconds. A server that asked to be left alone for `atLeastMs` is: those whom it told at the same time then come
   * spread over the longest wait. Where something is at stake, what it asked for is cut to the wait that is safe.
   */
  next(atLeastMs = 0): number {
    const { firstMs } = this.options;
    const mostMs = Math.min(this.options.mostMs, this.#safeMs ?? Number.POSITIVE_INFINITY);
    const fullMs = Math.min(mostMs, firstMs * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    if (atLeastMs > 0) return Math.min(atLeastMs, this.#safeMs ?? atLeastMs) + mostMs * this.random();
    return fullMs * (0.5 + this.random() / 2);
  }

  /** Starts again with the first wait; none is longer than `safeMs` milliseconds from now on. */
  reset(safeMs?: number): void {
    this.#attempt = 0;
    this.#safeMs = safeMs;
  }
}
