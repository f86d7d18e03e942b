import type { Attempt } from '@housecount/client';
import { GapCheck, type Sequence } from './gap-check.ts';
import { type SeenNotice, seenNotice } from './seen-notice.ts';

/** Notices kept on the page; the oldest goes first. */
export const noticesMax = 2_000;
/** Milliseconds between two drawings of the page, so that a storm of notices does not freeze it. */
const drawEveryMs = 100;

export interface NoticeView {
  /** Oldest first. */
  readonly notices: readonly SeenNotice[];
  readonly sequences: readonly Sequence[];
  /** Attempts since the page was opened or cleared, also those that are no longer kept. */
  readonly total: number;
}

const empty: NoticeView = { notices: [], sequences: [], total: 0 };

/** The notices that this page has seen, bounded, for useSyncExternalStore. */
export class NoticeLog {
  readonly #listeners = new Set<() => void>();
  readonly #check = new GapCheck();
  readonly #keys = new Set<string>();
  #notices: SeenNotice[] = [];
  #total = 0;
  #view = empty;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Adds an attempt; one that was seen already (a stream that was taken up again) is passed over. */
  add(attempt: Attempt): void {
    const notice = seenNotice(attempt);
    if (this.#keys.has(notice.key)) return;
    this.#keys.add(notice.key);
    this.#notices.push(notice);
    this.#total += 1;
    // The server's own copies come once, in the order of the log, from the first that the feed still holds. What endpoints are sent does
    // not: a notice waits for the member's one before it, and a late retry comes long after its neighbours.
    if (attempt.virtual && notice.sid !== undefined && notice.seq !== undefined)
      this.#check.see(notice.sid, attempt.channel, notice.seq);
    // Cut in blocks: one copy for every thousand notices.
    if (this.#notices.length >= noticesMax + 1_000) {
      for (const gone of this.#notices.splice(0, 1_000)) this.#keys.delete(gone.key);
    }
    this.#timer ??= setTimeout(() => this.#draw(), drawEveryMs);
  }

  clear(): void {
    this.#notices = [];
    this.#keys.clear();
    this.#check.clear();
    this.#total = 0;
    this.#draw();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly view = (): NoticeView => this.#view;

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const kept = this.#notices.slice(-noticesMax);
    this.#view = {
      notices: withoutShadows(kept),
      sequences: this.#check.sequences(),
      total: this.#total,
    };
    for (const listener of this.#listeners) listener();
  }
}

/** The copy made for those who look on is of no interest once an endpoint was given the same notice. */
function withoutShadows(notices: readonly SeenNotice[]): readonly SeenNotice[] {
  const given = new Set<string>();
  for (const { attempt } of notices) if (!attempt.virtual) given.add(attempt.noticeId);
  return given.size === 0
    ? notices
    : notices.filter(({ attempt }) => !attempt.virtual || !given.has(attempt.noticeId));
}
