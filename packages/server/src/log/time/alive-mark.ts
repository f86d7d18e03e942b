import type { Clock } from '../../clock.ts';
import type { LogStore } from '../../engine/contract.ts';
import type { Logger } from '../../observe/contract.ts';

/** Interval at which the process marks itself alive, milliseconds: the grain of "last heard" after a crash. */
export const markAliveMs = 1_000;

/** Writes down, again and again, that the owner of a partition is alive. */
export class AliveMark {
  readonly #store: LogStore;
  readonly #partition: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: (() => void) | undefined;
  #started = false;
  #stopped = false;
  #failing = false;

  constructor(
    store: LogStore,
    partition: string,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#store = store;
    this.#partition = partition;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#started = true;
    void this.#mark().then(() => {
      if (!this.#stopped) this.#cancel = this.#clock.after(markAliveMs, () => this.start());
    });
  }

  /** Marks once more if it was started, and no more after that. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    if (this.#started) await this.#mark();
  }

  async #mark(): Promise<void> {
    try {
      await this.#store.markAlive(this.#partition, this.#clock.nowMs());
      this.#failing = false;
    } catch (cause) {
      // Said once, not every second.
      if (!this.#failing) this.#logger.warn('the alive mark could not be written', { cause: String(cause) });
      this.#failing = true;
    }
  }
}
