import type { Clock } from '../../clock.ts';

/** Ends work early: an AbortSignal, or a Deadline. */
export interface Ending {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Ends after a time, or with a signal, whichever is first. It stands in for an AbortController with a timer, of which
 * every attempt needs one: measured, those and their listeners were a tenth of an attempt's CPU.
 */
export class Deadline implements Ending {
  aborted = false;
  readonly #listeners = new Set<() => void>();
  readonly #signal: AbortSignal;
  readonly #cancelTimer: () => void;
  readonly #end = () => {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  };

  /** `timeoutMs`: milliseconds from now. */
  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#cancelTimer = clock.after(timeoutMs, this.#end);
    signal.addEventListener('abort', this.#end, { once: true });
    if (signal.aborted) this.#end();
  }

  /** The listener is called once, at the end; never, if that was before. */
  addEventListener(_: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** The work is over: the timer goes, and the signal is left alone. */
  release(): void {
    this.#cancelTimer();
    this.#signal.removeEventListener('abort', this.#end);
    this.#listeners.clear();
  }
}
