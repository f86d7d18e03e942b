import type { Clock } from '../clock.ts';

/** Requests that may come at once after a quiet time, in seconds of the steady rate. */
const burstSeconds = 10;
/** Keys remembered; beyond it the longest quiet are forgotten, which gives them a full budget. */
const keysMax = 10_000;

/** A token bucket per key: an address, say. */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Takes one request out of the key's budget; false if there is none left now. */
  take(key: string): boolean {
    const steadyMs = this.#clock.steadyMs();
    const full = burstSeconds * this.#perSecond;
    const before = this.#buckets.get(key) ?? { tokens: full, atMs: steadyMs };
    const tokens = Math.min(full, before.tokens + ((steadyMs - before.atMs) / 1000) * this.#perSecond);
    const allowed = tokens >= 1;
    // Put at the end: the map's order is that of last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, atMs: steadyMs });
    if (this.#buckets.size > keysMax) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return allowed;
  }
}
