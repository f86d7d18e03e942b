import type { Clock } from '../clock.ts';
import { type LogEntry, timeOf } from '../log/record/record.ts';
import type { Logger } from '../observe/contract.ts';
import { pause } from '../pause.ts';
import { Waiters } from './waiters.ts';

/** The log as a read model needs it. */
export interface ReadLog {
  readonly lastPosition: number;
  /** Position of the oldest entry that is still kept; of the next one, if there is none. */
  firstPosition?(): Promise<number>;
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]>;
  /** Keeps the log from deleting what is after the cursor; the returned function lets go. */
  hold?(cursor: () => number): () => void;
}

/** A file that takes the log over, and knows how far it has come. */
export interface ReadTables {
  readonly position: number;
  /** True if the last append failed: the trouble is the file's, not the log's. */
  readonly broken: boolean;
  /** Takes a batch over, all or nothing; what was taken over before is skipped. */
  append(batch: readonly LogEntry[]): void;
  /** Sets the cursor without taking over what lies before it, all of it decided by `atMs`. */
  skipTo(position: number, atMs: number): void;
  /** The log ends at `lastPosition`, before what was taken over: forgets what is not of this log. */
  rewind(lastPosition: number): void;
  close(): void;
}

export interface LogReaderOptions {
  /** The name with an article, for the sentences of the operator's log: `the history`. */
  readonly name: string;
  readonly tables: ReadTables;
  readonly log: ReadLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the following; `closed` then resolves. */
  readonly signal: AbortSignal;
  /** Deletes a bounded part of what need not be kept at this time; true if there may be more. */
  readonly retain: (nowMs: number) => boolean;
  readonly waitMsMax: number;
  readonly waitersMax: number;
  /** After each batch that was taken over. */
  readonly onBatch?: (batch: readonly LogEntry[]) => void;
}

/** Time until the next try after the file could not be written, milliseconds. Chosen, not measured. */
const retryMs = 1_000;
/** Interval at which rows that need not be kept are looked for, also when nothing happens; milliseconds. Chosen. */
export const retainMs = 60_000;
/** Time until the next part, when there is more to delete than may be deleted at one go; milliseconds. */
const retainAgainMs = 100;
/** Failures to read the log's beginning after which it counts as deleted by retention. */
const failuresMax = 3;

/** A read model that follows the log: late at most, never different. */
export class LogReader {
  /** Resolves when the following has ended and the file is closed. */
  readonly closed: Promise<void>;
  readonly #options: LogReaderOptions;
  /** The name as a sentence begins with it. */
  readonly #title: string;
  readonly #waiters: Waiters;
  #trouble: string | undefined;
  #failures = 0;
  #isRetaining = true;
  #cancelRetain: () => void;

  /** Starts to follow the log from where the tables left off. */
  constructor(options: LogReaderOptions) {
    this.#options = options;
    const { tables, log, clock, logger, name } = options;
    this.#title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    this.#waiters = new Waiters(clock, options);
    if (tables.position > log.lastPosition) {
      logger.warn(`${this.#title} is ahead of the log, as after a restored backup: it goes back.`, {
        position: tables.position,
        log: log.lastPosition,
      });
      tables.rewind(log.lastPosition);
    }
    const release = log.hold?.(() => tables.position);
    this.#cancelRetain = clock.after(retainMs, () => this.#retain());
    this.closed = this.#followForEver().finally(() => {
      this.#cancelRetain();
      release?.();
      this.#waiters.end();
      tables.close();
    });
  }

  /** Why it is behind for longer than a moment; undefined while it follows. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Resolves once everything up to the log's position of now can be read.
   * @throws HousecountError overloaded if that takes longer than `waitMsMax`, or `waitersMax` wait.
   */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const { log, tables } = this.#options;
    const position = log.lastPosition;
    if (tables.position < position) await this.#waiters.wait(position, signal);
  }

  async #followForEver(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (cause) {
        if (signal.aborted) break;
        if (!this.#failed(cause)) await pause(clock, retryMs, signal);
      }
    }
  }

  async #follow(): Promise<void> {
    const { tables, log, logger, signal, onBatch } = this.#options;
    const first = (await log.firstPosition?.()) ?? 1;
    const after = Math.max(tables.position, first - 1);
    for await (const batch of log.follow(after, signal)) {
      const [oldest] = batch;
      // A new file, or a log that was repaired: what the log no longer has cannot be taken over.
      if (oldest && oldest.position > tables.position + 1) {
        logger.warn(`${this.#title} goes on here: the log no longer has what came before.`, {
          before: tables.position,
          position: oldest.position,
        });
        tables.skipTo(oldest.position - 1, timeOf(oldest.record));
      }
      tables.append(batch);
      if (this.#trouble !== undefined)
        logger.info(`${this.#title} follows the log again.`, { position: tables.position });
      this.#trouble = undefined;
      this.#failures = 0;
      this.#waiters.reached(tables.position);
      onBatch?.(batch);
    }
  }

  /** True if it may go on at once: it begins where the log does not have what came before. */
  #failed(cause: unknown): boolean {
    const { tables, log, logger, clock } = this.#options;
    // Once, not per try: what fills the disk must not fill the operator's log as well.
    if (this.#trouble === undefined)
      logger.error(`${this.#title} cannot follow the log.`, { position: tables.position, cause });
    this.#trouble = `${this.#title} cannot follow the log.`;
    this.#failures += 1;
    if (tables.position > 0 || tables.broken || this.#failures < failuresMax || log.lastPosition === 0)
      return false;
    // A new file, and the log's beginning is gone: it can only begin here.
    tables.skipTo(log.lastPosition, clock.nowMs());
    logger.warn(`${this.#title} begins here: the log no longer has what came before.`, {
      position: log.lastPosition,
    });
    return true;
  }

  #retain(): void {
    const { clock, logger, name, retain } = this.#options;
    let isMore = false;
    try {
      isMore = retain(clock.nowMs());
      this.#isRetaining = true;
    } catch (cause) {
      // Once, not per try.
      if (this.#isRetaining)
        logger.error(`What is old in ${name} cannot be deleted; trying again.`, { cause });
      this.#isRetaining = false;
    }
    this.#cancelRetain = clock.after(isMore ? retainAgainMs : retainMs, () => this.#retain());
  }
}
