import type { Clock } from '../../../clock.ts';
import type { Watcher } from './watchers.ts';

/** Newcomers whose snapshot is on its way: those who come within `signalingSnapshotMergeMs` share one. */
export class Arrivals {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #mergeMs: number;
  readonly #give: (watchers: readonly Watcher[]) => void;
  readonly #arriving = new Set<Watcher>();
  #cancel: (() => void) | undefined;

  /** `mergeMs`: those who come within this share a snapshot. */
  constructor(clock: Pick<Clock, 'after'>, mergeMs: number, give: (watchers: readonly Watcher[]) => void) {
    this.#clock = clock;
    this.#mergeMs = mergeMs;
    this.#give = give;
  }

  get size(): number {
    return this.#arriving.size;
  }

  add(watcher: Watcher): void {
    this.#arriving.add(watcher);
    this.#cancel ??= this.#clock.after(this.#mergeMs, () => {
      this.#cancel = undefined;
      const arrived = [...this.#arriving];
      this.#arriving.clear();
      this.#give(arrived);
    });
  }

  delete(watcher: Watcher): void {
    this.#arriving.delete(watcher);
  }

  stop(): void {
    this.#cancel?.();
    this.#arriving.clear();
  }
}
