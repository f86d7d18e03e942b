import { createHash } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../clock.ts';

export interface IdempotencyBounds {
  /** How long a key is remembered, milliseconds. */
  readonly keptMs: number;
  /** How many are; beyond it the oldest are forgotten. */
  readonly keysMax: number;
}

interface Kept {
  readonly digest: string;
  readonly untilMs: number;
  readonly answer: Promise<unknown>;
}

/** What requests with a key of the caller's were answered: the same one again is answered, and not done again. In memory. */
export class Idempotency {
  /** In order of time. */
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Clock;
  readonly #bounds: IdempotencyBounds;

  constructor(clock: Clock, bounds: IdempotencyBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /**
   * Does `run`, or answers as the request with this key was answered, also while that is being done. What fails, or
   * `wasDone` says was not done, may be tried again.
   * @throws HousecountError idempotency_key_used if the key was used for another request.
   */
  async once<T>(
    key: string,
    request: string,
    run: () => T | Promise<T>,
    wasDone: (answer: T) => boolean = () => true,
  ): Promise<T> {
    const nowMs = this.#clock.steadyMs();
    this.#forget(nowMs);
    const digest = createHash('sha256').update(request).digest('base64');
    const known = this.#kept.get(key);
    if (known) {
      if (known.digest !== digest) throw new HousecountError('idempotency_key_used');
      return (await known.answer) as T;
    }
    const answer = (async () => run())();
    const kept = { digest, untilMs: nowMs + this.#bounds.keptMs, answer };
    this.#kept.set(key, kept);
    let isDone = false;
    try {
      const given = await answer;
      isDone = wasDone(given);
      return given;
    } finally {
      if (!isDone && this.#kept.get(key) === kept) this.#kept.delete(key);
    }
  }

  #forget(nowMs: number): void {
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > nowMs && this.#kept.size < this.#bounds.keysMax) return;
      this.#kept.delete(key);
    }
  }
}
