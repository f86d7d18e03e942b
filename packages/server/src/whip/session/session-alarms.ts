import type { Clock } from '../../clock.ts';

/** At most one timer for each session. */
export class SessionAlarms {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Runs after `delayMs`, in place of what was to run. */
  set(id: string, delayMs: number, run: () => void): void {
    this.cancel(id);
    this.#cancels.set(id, this.#clock.after(delayMs, run));
  }

  cancel(id: string): void {
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
  }
}
