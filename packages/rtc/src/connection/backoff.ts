/** First wait and longest wait between two attempts, milliseconds. Chosen: back within a blink, gentle in an outage. */
export const backoffDefaults = { firstMs: 250, mostMs: 5000 } as const;

/** Waits that double from attempt to attempt; each is cut by up to half at random, so that clients do not come in step. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly options: { firstMs: number; mostMs: number } = backoffDefaults,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait, milliseconds; never below `atLeastMs`, which a server may have asked for. */
  next(atLeastMs = 0): number {
    const { firstMs, mostMs } = this.options;
    const fullMs = Math.min(mostMs, firstMs * 2 ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    const waitMs = fullMs * (0.5 + this.random() / 2);
    return atLeastMs > 0 ? atLeastMs + waitMs : waitMs;
  }

  /** Starts again with the first wait. */
  reset(): void {
    this.#attempt = 0;
  }
}
