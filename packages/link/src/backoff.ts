export interface BackoffOptions {
  /** The first wait, milliseconds. */
  readonly firstMs: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly factor?: number;
  /** The longest wait, milliseconds. */
  readonly mostMs: number;
  /** The time over which clients are spread that a server told to come back at the same time, milliseconds, while nothing is at stake. */
  readonly spreadMs?: number;
}

/** Chosen: back within a blink, gentle in an outage. */
export const backoffDefaults: BackoffOptions = { firstMs: 250, mostMs: 5_000 };

/** Waits that grow from attempt to attempt; each is cut by up to half at random, so that clients do not come in step. */
export class Backoff {
  #attempt = 0;
  /** The longest wait that is no danger to anything, milliseconds; undefined while nothing is at stake. */
  #safeMs: number | undefined;
  /** The length of every wait, milliseconds, once waits no longer grow; undefined while they do. */
  #steadyMs: number | undefined;

  constructor(
    private readonly options: BackoffOptions = backoffDefaults,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * The next wait, milliseconds. A server that asked to be left alone for `atLeastMs` is: those whom it told at the same time then come
   * spread over the longest wait. Where something is at stake, what it asked for is cut to the wait that is safe.
   */
  next(atLeastMs = 0): number {
    const { firstMs, factor = 2, mostMs, spreadMs = mostMs } = this.options;
    const safeMs = this.#safeMs ?? Number.POSITIVE_INFINITY;
    const usualMs = this.#steadyMs ?? Math.min(mostMs, firstMs * factor ** this.#attempt);
    this.#attempt = Math.min(this.#attempt + 1, 30);
    if (atLeastMs > 0) return Math.min(atLeastMs, safeMs) + (this.#safeMs ?? spreadMs) * this.random();
    return Math.min(usualMs, safeMs) * (0.5 + this.random() / 2);
  }

  /** Starts again with the first wait. */
  startOver(): void {
    this.#attempt = 0;
  }

  /** Starts again with the first wait, and lets them grow; none is longer than `safeMs` milliseconds from now on. */
  reset(safeMs?: number): void {
    this.startOver();
    this.#steadyMs = undefined;
    this.guard(safeMs);
  }

  /** No wait is longer than `safeMs` milliseconds from now on; they grow on as they did. */
  guard(safeMs: number | undefined): void {
    this.#safeMs = safeMs;
  }

  /** Every wait is this long from now on, milliseconds, as far as that is safe. */
  steady(ms: number): void {
    this.#steadyMs = ms;
  }
}
