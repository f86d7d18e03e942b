import type { LogEntry } from '../record/record.ts';

/** Gives the log's entries, in order, to those who follow it. */
export interface Feed {
  readonly lastPosition: number;
  /**
   * Durable entries after `after`, in order, in batches, for ever; ends when the signal aborts. From memory while the
   * reader keeps up, else from the engine. A slow consumer delays only itself: nothing is buffered for it.
   */
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]>;
}
