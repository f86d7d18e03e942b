import type { ChannelEvent, NoticeType } from '@housecount/protocol';
import type { Kept, KeptJournal, Placed } from '../../kept/contract.ts';
import { keptNameOf } from './kept-name.ts';

export const givenUpFolder = 'notify/given-up';
/**
 * Bytes of one endpoint's journal. When it is full, the endpoint stands still rather than lose a notice; the log keeps
 * what it has not taken. At some 600 bytes a notice this is about 400,000 of them. Chosen.
 */
export const givenUpBytesMax = 256 * 1024 * 1024;
/** Entries in one answer of `read`. */
export const givenUpPageMax = 1_000;

/** A notice whose attempts are spent. It holds the event itself, so that it can be sent even when the log is trimmed. */
export interface GivenUp {
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly event: ChannelEvent;
  readonly attempts: number;
  /** The outcome of the last attempt. */
  readonly error: string;
  /** When it was given up, epoch milliseconds. */
  readonly atMs: number;
}

/**
 * The notices that one endpoint did not take, on disk before its cursor passes them. After a crash the same notice may
 * stand here twice, under one noticeId.
 */
export class GivenUpJournal {
  readonly #journal: KeptJournal<GivenUp>;
  /** noticeIds by position, of what was given up after the cursor that was last stored. */
  readonly #beyondCursor: ReadonlyMap<number, string>;

  private constructor(journal: KeptJournal<GivenUp>, beyondCursor: ReadonlyMap<number, string>) {
    this.#journal = journal;
    this.#beyondCursor = beyondCursor;
  }

  /** Opens the journal of an endpoint. `finishedTo`: where its stored cursor stands; after a crash the journal may be ahead of it. */
  static async open(
    kept: Pick<Kept, 'journal'>,
    endpointId: string,
    finishedTo: number,
    bytesMax = givenUpBytesMax,
  ): Promise<GivenUpJournal> {
    const beyondCursor = new Map<number, string>();
    const journal = await kept.journal<GivenUp>(keptNameOf(givenUpFolder, endpointId), {
      title: 'The given-up journal',
      bytesMax,
      onEntry({ position, noticeId }) {
        if (position > finishedTo) beyondCursor.set(position, noticeId);
      },
    });
    return new GivenUpJournal(journal, beyondCursor);
  }

  /** Durably removes the journal of an endpoint that is gone; it must be closed. */
  static async remove(kept: Pick<Kept, 'bytes'>, endpointId: string): Promise<void> {
    await kept.bytes(keptNameOf(givenUpFolder, endpointId)).remove();
  }

  get count(): number {
    return this.#journal.count;
  }

  /** True if the last entry to be appended had no room: a matter of this endpoint, not of the disk. */
  get isFull(): boolean {
    return this.#journal.isFull;
  }

  /** Bytes of entries that were damaged when it was opened: the notices in them are no longer known. */
  get damagedBytes(): number {
    return this.#journal.damagedBytes;
  }

  /** It was given up before the process began, and its cursor did not come to know: it is not to be sent again. */
  has(position: number, noticeId: string): boolean {
    return this.#beyondCursor.get(position) === noticeId;
  }

  /** Durable when it resolves. Those that wait share one sync. Fails with `log_unavailable` if full or not writable. */
  append(entries: readonly GivenUp[]): Promise<void> {
    return this.#journal.append(entries);
  }

  /** Up to `limit` entries after `after`, oldest first; 0 begins, `next` goes on. */
  async read(after: number, limit: number): Promise<{ entries: readonly GivenUp[]; next: number }> {
    const entries: GivenUp[] = [];
    let next = after;
    for await (const { entry, end } of this.#journal.placed(after)) {
      if (entries.length >= Math.min(limit, givenUpPageMax)) break;
      entries.push(entry);
      next = end;
    }
    return { entries, next };
  }

  /** All entries that are there now, oldest first. */
  placed(): AsyncIterable<Placed<GivenUp>> {
    return this.#journal.placed();
  }

  /**
   * Takes out entries that were delivered after all, by their ends; durable when it resolves. The entries that are left
   * have other ends then. Fails with `log_unavailable`, and then they stay: they may be sent again.
   */
  remove(ends: ReadonlySet<number>): Promise<void> {
    return this.#journal.remove(ends);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
