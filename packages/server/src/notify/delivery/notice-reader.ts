import type { Clock } from '../../clock.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogEntry } from '../../log/record/record.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import type { Notice } from '../notice/notice.ts';
import { type Cursor, DeliveryWindow } from '../progress/delivery-window.ts';

/** Time before the log is followed again after it failed, milliseconds. Chosen. */
const faultPauseMs = 1_000;

export interface ReaderParts {
  readonly log: Pick<Feed, 'follow'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cursor: Cursor;
  /** Notices taken and not finished; then it waits, and the log keeps the rest. */
  readonly outstandingMax: number;
  /** The notice of an entry; undefined if it is not for this endpoint. */
  readonly noticeOf: (entry: LogEntry) => Notice | undefined;
  readonly onNotice: (notice: Notice) => void;
  /** Called when all notices so far are handed over: at the end of a batch of the log, or when there is no room for more. */
  readonly onPause: () => void;
}

/** Reads the log for one endpoint at the endpoint's own pace, and knows what of it is finished. */
export class NoticeReader {
  readonly #parts: ReaderParts;
  readonly #window: DeliveryWindow;
  /** Taken and not finished, oldest first. */
  readonly #open = new Map<number, Notice>();
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;
  #wake: () => void = () => {};
  #failing = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#window = new DeliveryWindow(parts.cursor);
    this.#following = this.#follow();
  }

  /** Everything up to this position is done with; what comes after it must stay in the log. */
  get finishedTo(): number {
    return this.#window.readAfter;
  }

  /** Last position taken from the log. */
  get through(): number {
    return this.#window.through;
  }

  get outstanding(): number {
    return this.#window.size;
  }

  get full(): boolean {
    return this.#window.size >= this.#parts.outstandingMax;
  }

  /** When the oldest unfinished notice's event was decided, epoch milliseconds; undefined if there is none. */
  get oldestEventMs(): number | undefined {
    const oldest = this.#open.values().next();
    return oldest.done ? undefined : oldest.value.event.atMs;
  }

  /** The log cannot be read; it is tried again. */
  get failing(): boolean {
    return this.#failing;
  }

  cursor(): Cursor {
    return this.#window.cursor();
  }

  finish(notices: readonly Notice[]): void {
    for (const { position } of notices) {
      this.#open.delete(position);
      this.#window.finish(position);
    }
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { log, clock, logger, onPause } = this.#parts;
    const { signal } = this.#stopping;
    let readTo = this.#window.readAfter;
    while (!signal.aborted) {
      try {
        for await (const batch of log.follow(readTo, signal)) {
          this.#failing = false;
          for (const entry of batch) {
            if (this.full && entry.position > this.#window.through) await this.#room();
            if (signal.aborted) return;
            this.#take(entry);
            readTo = entry.position;
          }
          onPause();
        }
      } catch (cause) {
        if (signal.aborted) return;
        this.#failing = true;
        logger.error('The log cannot be followed; trying again.', { cause: String(cause) });
      }
      await pause(clock, faultPauseMs, signal);
    }
  }

  /** Waits until a delivery is finished, or the reader stops. */
  async #room(): Promise<void> {
    this.#parts.onPause();
    while (this.full && !this.#stopping.signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #take(entry: LogEntry): void {
    const notice = this.#parts.noticeOf(entry);
    if (!notice) {
      this.#window.skip(entry.position);
      return;
    }
    if (!this.#window.take(entry.position)) return;
    this.#open.set(entry.position, notice);
    this.#parts.onNotice(notice);
  }
}
