import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../clock.ts';

interface Waiter {
  readonly position: number;
  settle(error?: Error): void;
}

interface WaitersLimits {
  /** What is waited for, with an article, for the sentences of refusals: `the history`. */
  readonly name: string;
  readonly waitMsMax: number;
  readonly waitersMax: number;
}

/** The callers that wait until a cursor reaches a position: bounded in number and time, and each can give up. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();
  readonly #clock: Clock;
  readonly #limits: WaitersLimits;
  #ended = false;

  constructor(clock: Clock, limits: WaitersLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @throws HousecountError overloaded at the limits; going_away at the end; the signal's reason if it aborts. */
  wait(position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#ended) return Promise.reject(new HousecountError('going_away'));
    if (this.#waiting.size >= this.#limits.waitersMax)
      return Promise.reject(new HousecountError('overloaded', this.#tooMany()));
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', onAbort);
        cancel();
        if (error) reject(error);
        else resolve();
      };
      const onAbort = () => settle(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      const cancel = this.#clock.after(this.#limits.waitMsMax, () =>
        settle(new HousecountError('overloaded', this.#tooLong())),
      );
      const waiter: Waiter = { position, settle };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort);
    });
  }

  #tooMany(): string {
    const { name, waitersMax } = this.#limits;
    return `As many requests wait for ${name} as may. That is ${waitersMax}.`;
  }

  #tooLong(): string {
    return `It took too long until ${this.#limits.name} had caught up with the log.`;
  }

  /** The cursor is at `position` now. */
  reached(position: number): void {
    for (const waiter of [...this.#waiting]) if (waiter.position <= position) waiter.settle();
  }

  /** Nothing more will be reached. */
  end(): void {
    this.#ended = true;
    for (const waiter of [...this.#waiting]) waiter.settle(new HousecountError('going_away'));
  }
}
