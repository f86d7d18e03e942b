import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';

/** Counts calls by key in token buckets: `perSecond` on average, and as many at once. Keys are few: customers × APIs. */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws HousecountError rate_limited */
  take(key: string, perSecond: number): void {
    const nowMs = this.#clock.steadyMs();
    const bucket = this.#buckets.get(key) ?? { tokens: perSecond, atMs: nowMs };
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) throw new HousecountError('rate_limited');
    bucket.tokens -= 1;
  }
}
