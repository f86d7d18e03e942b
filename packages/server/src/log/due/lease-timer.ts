import type { ChannelKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import { DueQueue } from './due-queue.ts';

/** The longest wait, milliseconds, until it looks again how late it is: the clock may have been set meanwhile. */
const lookMsMax = 10_000;

/** Calls for a channel when time alone changes it: a lease, a token or a lock ends. One timer for all channels. */
export class LeaseTimer {
  readonly #clock: Clock;
  readonly #onDue: (key: ChannelKey) => void;
  readonly #queue = new DueQueue();
  #cancel: (() => void) | undefined;
  #atMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(clock: Clock, onDue: (key: ChannelKey) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /**
   * Takes note of when these channels are due next (epoch milliseconds; undefined: not); what was noted
   * of them before is forgotten.
   */
  schedule(times: Iterable<readonly [key: ChannelKey, dueMs: number | undefined]>): void {
    for (const [key, dueMs] of times) this.#queue.set(key, dueMs);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #arm(): void {
    const nextMs = this.#queue.nextMs();
    if (nextMs === undefined || this.#stopped || nextMs >= this.#atMs) return;
    this.#cancel?.();
    this.#atMs = nextMs;
    const waitMs = Math.min(lookMsMax, Math.max(0, nextMs - this.#clock.nowMs()));
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      for (const key of this.#queue.take(this.#clock.nowMs())) this.#onDue(key);
      this.#arm();
    });
  }
}
