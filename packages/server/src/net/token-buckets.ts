import type { Clock } from '../clock.ts';
import { type Rate, TokenBucket } from './token-bucket.ts';

/**
 * A token bucket for each key: an address, say. Those that are full again are forgotten, and beyond `keysMax` those that were
 * unused for longest, which fills them.
 */
export class TokenBuckets {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #rate: Rate;
  readonly #keysMax: number;
  /** In the order of last use. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Pick<Clock, 'steadyMs'>, rate: Rate, keysMax: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#keysMax = keysMax;
  }

  /** Takes one of the key's, or another amount; false, and nothing is taken, if that is not left now. */
  take(key: string, amount = 1): boolean {
    const steadyMs = this.#clock.steadyMs();
    return this.#use(key, steadyMs).take(steadyMs, amount);
  }

  /** Takes one of the key's, or what is left of it. */
  spend(key: string): void {
    const steadyMs = this.#clock.steadyMs();
    this.#use(key, steadyMs).spend(steadyMs);
  }

  /** Tells whether the key has a token left. */
  has(key: string): boolean {
    const bucket = this.#buckets.get(key);
    return bucket === undefined || bucket.left(this.#clock.steadyMs()) >= 1;
  }

  #use(key: string, steadyMs: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, steadyMs);
    this.#buckets.delete(key);
    this.#forget(steadyMs);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Up to two that are full again by now, or for which there is no room. */
  #forget(steadyMs: number): void {
    let gone = 0;
    for (const [key, bucket] of this.#buckets) {
      if (gone === 2 || (!bucket.isFull(steadyMs) && this.#buckets.size < this.#keysMax)) return;
      this.#buckets.delete(key);
      gone += 1;
    }
  }
}
