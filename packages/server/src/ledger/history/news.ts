import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';

interface Waiter {
  settle(told: boolean, error?: Error): void;
}

/** The requests that wait for the next event of an app: bounded in number and time, and each can give up. */
export class News {
  readonly #waiting = new Map<string, Set<Waiter>>();
  readonly #clock: Clock;
  readonly #waitersMax: number;
  #count = 0;
  #ended = false;

  constructor(clock: Clock, waitersMax: number) {
    this.#clock = clock;
    this.#waitersMax = waitersMax;
  }

  /** The number of requests that wait. */
  get waiting(): number {
    return this.#count;
  }

  /**
   * Resolves with true once `app` has an event, with false after `waitMs`.
   * @throws HousecountError too_many_connections at the limit; going_away at the end, or if the signal aborts.
   */
  wait(app: string, waitMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#ended || signal.aborted) return Promise.reject(new HousecountError('going_away'));
    if (this.#count >= this.#waitersMax)
      return Promise.reject(
        new HousecountError('too_many_connections', 'Too many requests wait for events.'),
      );
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(app) ?? new Set<Waiter>();
      const waiter: Waiter = {
        settle: (told, error) => {
          if (!waiters.delete(waiter)) return;
          this.#count -= 1;
          if (waiters.size === 0 && this.#waiting.get(app) === waiters) this.#waiting.delete(app);
          signal.removeEventListener('abort', onAbort);
          cancel();
          if (error) reject(error);
          else resolve(told);
        },
      };
      const onAbort = () => waiter.settle(false, new HousecountError('going_away'));
      const cancel = this.#clock.after(waitMs, () => waiter.settle(false));
      waiters.add(waiter);
      this.#waiting.set(app, waiters);
      this.#count += 1;
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** These apps have new events. */
  tell(apps: ReadonlySet<string>): void {
    for (const app of apps) for (const waiter of [...(this.#waiting.get(app) ?? [])]) waiter.settle(true);
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    for (const waiters of [...this.#waiting.values()])
      for (const waiter of [...waiters]) waiter.settle(false, new HousecountError('going_away'));
  }
}
