import type { LogStore } from '../../engine/contract.ts';
import type { Feed } from '../contract/feed.ts';
import { decodeRecord } from '../record/codec.ts';
import type { LogEntry } from '../record/record.ts';

/**
 * Entries kept in memory for readers that keep up; those further behind read from the engine. An entry and the text of its notice,
 * which is kept as long as it is, are about a kilobyte.
 */
export const tailEntriesMax = 16_384;
/** Entries in one batch handed to a reader. */
export const followBatchMax = 1_000;

/** Durable entries, in order, to any number of readers, each at its own pace. */
export class EntryFeed implements Feed {
  readonly #store: LogStore;
  readonly #partition: string;
  #tail: LogEntry[] = [];
  #last: number;
  #waiting = new Set<() => void>();

  constructor(options: { store: LogStore; partition: string; lastPosition: number }) {
    this.#store = options.store;
    this.#partition = options.partition;
    this.#last = options.lastPosition;
  }

  get lastPosition(): number {
    return this.#last;
  }

  /** Announces entries that have become durable. */
  push(entries: readonly LogEntry[]): void {
    const newest = entries.at(-1);
    if (!newest) return;
    for (const entry of entries) this.#tail.push(entry);
    // Cut in steps: one copy for each quarter of tailEntriesMax entries, not one for each batch.
    if (this.#tail.length > 1.25 * tailEntriesMax) this.#tail = this.#tail.slice(-tailEntriesMax);
    this.#last = newest.position;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  async *follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
    let cursor = after;
    while (!signal.aborted) {
      if (cursor >= this.#last) {
        await this.#change(signal);
        continue;
      }
      const batch = this.#fromTail(cursor) ?? (await this.#fromStore(cursor));
      const newest = batch.at(-1);
      if (!newest) throw new Error(`the engine has no record after ${cursor}, yet the last is ${this.#last}`);
      cursor = newest.position;
      if (!signal.aborted) yield batch;
    }
  }

  #fromTail(cursor: number): readonly LogEntry[] | undefined {
    const first = this.#tail[0];
    if (!first || cursor + 1 < first.position) return undefined;
    const start = cursor + 1 - first.position;
    return this.#tail.slice(start, start + followBatchMax);
  }

  async #fromStore(cursor: number): Promise<readonly LogEntry[]> {
    const records = await this.#store.read(this.#partition, cursor, followBatchMax);
    return records.map(({ position, payload }) => ({ position, record: decodeRecord(payload) }));
  }

  /** Resolves at the next push, or when the signal aborts. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        // Readers that come and go while nothing happens leave nothing behind.
        this.#waiting.delete(done);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', done);
      this.#waiting.add(done);
    });
  }
}
