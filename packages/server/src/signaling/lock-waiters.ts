import type { SignalingAnswer } from './answer.ts';
import { refused } from './answer.ts';
import { lockTakenCode } from './lock-requests.ts';

/** Requests that wait for locks, of all users; the next is refused with −14003. */
export const lockWaitersMax = 10_000;

interface Waiter {
  readonly attempt: () => Promise<SignalingAnswer>;
  readonly settle: (answer: SignalingAnswer) => void;
  /** `again`: it was freed while an attempt was under way, which may have been decided before. */
  state: 'waiting' | 'trying' | 'again' | 'settled';
}

/**
 * Who asked for a lock with `retry` and did not get it. The first of them is tried again whenever it may be free, with no priority
 * over others who ask then (spec: signaling 4.2).
 */
export class LockWaiters {
  /** By the lock's name, the channel's included. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Makes `attempt`, and makes it again when its turn comes after `freed` or `removed`, until its answer is another than that the
   * lock is taken, or the signal aborts. A lock that is had after that is given back by `release`.
   */
  wait(
    name: string,
    attempt: () => Promise<SignalingAnswer>,
    { signal, release }: { readonly signal: AbortSignal; readonly release: () => void },
  ): Promise<SignalingAnswer> {
    if (this.#size >= lockWaitersMax)
      return Promise.resolve(refused(-14003, 'Too many are waiting for locks.'));
    return new Promise((resolve) => {
      const onAbort = () => waiter.settle(refused(-14001, 'It was given up.'));
      const waiter: Waiter = {
        attempt,
        state: 'waiting',
        settle: (answer) => {
          if (waiter.state === 'settled') {
            if (answer.ok) release();
            return;
          }
          waiter.state = 'settled';
          signal.removeEventListener('abort', onAbort);
          this.#remove(name, waiter);
          resolve(answer);
        },
      };
      const waiters = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiters.add(waiter));
      this.#size += 1;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      // It is in the list before it is tried: what is freed meanwhile is not missed.
      else void this.#try(name, waiter);
    });
  }

  /** The lock may be had: one is tried, for only one can have it. */
  freed(name: string): void {
    const next = this.#waiting.get(name)?.values().next();
    if (next && !next.done) void this.#try(name, next.value);
  }

  /** The lock is no more: all are told. */
  removed(name: string): void {
    for (const waiter of [...(this.#waiting.get(name) ?? [])]) void this.#try(name, waiter);
  }

  async #try(name: string, waiter: Waiter): Promise<void> {
    if (waiter.state !== 'waiting') {
      if (waiter.state === 'trying') waiter.state = 'again';
      return;
    }
    waiter.state = 'trying';
    const answer = await waiter.attempt();
    if (answer.ok || answer.code !== lockTakenCode) return waiter.settle(answer);
    // It may have been given up meanwhile, or freed.
    const { state } = waiter as { state: Waiter['state'] };
    if (state === 'settled') return this.freed(name);
    waiter.state = 'waiting';
    if (state === 'again') await this.#try(name, waiter);
  }

  #remove(name: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(name);
    if (!waiters?.delete(waiter)) return;
    this.#size -= 1;
    if (waiters.size === 0) this.#waiting.delete(name);
  }
}
