import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import type { Feed } from '../contract/feed.ts';
import type { LogEntry } from '../record/record.ts';

/** Time before a log that could not be read is read again, milliseconds. Chosen. */
const retryMs = 1_000;

export interface LogFollowerOptions {
  readonly log: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The name of the follower, for the operator. */
  readonly part: string;
  readonly absorb: (entry: LogEntry) => void;
  /** Called after each batch. */
  readonly settle?: () => void;
}

/**
 * Hands a part every entry of the log from its present end on. A log that cannot be read is read again from the same
 * place; an entry that the part fails at is logged and passed over, so that one entry cannot stop everything after it.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;
  #trouble: string | undefined;
  /** Of the newest entry that was absorbed. */
  #position: number;
  #waiting: { readonly position: number; readonly resolve: () => void }[] = [];

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#position = options.log.lastPosition;
    this.#following = this.#follow().finally(() => this.#release());
  }

  /** Why it is behind for longer than a moment; undefined while it follows. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Resolves when everything up to this position was absorbed, or at once if that may take long: while it cannot follow, and once it is
   * stopped.
   */
  reached(position: number): Promise<void> {
    if (this.#position >= position || this.#trouble !== undefined || this.#stopping.signal.aborted)
      return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ position, resolve }));
  }

  /** Resolves when nothing is absorbed any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { log, clock, logger, part, settle } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of log.follow(this.#position, signal)) {
          if (this.#trouble !== undefined)
            logger.info('a part follows the log again', { part, position: this.#position });
          this.#trouble = undefined;
          for (const entry of batch) {
            this.#absorb(entry);
            this.#position = entry.position;
          }
          settle?.();
          this.#release(this.#position);
        }
      } catch (cause) {
        if (this.#trouble === undefined)
          logger.error('a part cannot follow the log; it tries again', {
            part,
            position: this.#position,
            cause,
          });
        this.#trouble = 'It cannot follow the log.';
        this.#release();
        await pause(clock, retryMs, signal);
      }
    }
  }

  /** Lets those go on who wait for what was absorbed by now. */
  #release(position = Number.POSITIVE_INFINITY): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((each) => each.position > position);
    for (const each of waiting) if (each.position <= position) each.resolve();
  }

  #absorb(entry: LogEntry): void {
    try {
      this.#options.absorb(entry);
    } catch (cause) {
      const { position, record } = entry;
      const { part, logger } = this.#options;
      logger.error('a part failed at an entry of the log and passes it over', {
        part,
        position,
        record: record.type === 'channel' ? record.change.type : record.type,
        cause,
      });
    }
  }
}
