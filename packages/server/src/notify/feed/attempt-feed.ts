import type { NoticeNumber } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { NoticeHeaders } from '../endpoint/signed-headers.ts';
import type { SendOutcome } from '../send/transport.ts';

/** Attempts kept per app for those who look later; the oldest goes first. */
export const feedAttemptsMax = 1_000;
/** Attempts that one subscriber has not read; beyond it its stream fails with `slow_reader`. At most feedAttemptsMax. */
export const feedBacklogMax = 1_000;
/** Attempts handed to a subscriber at once. Chosen. */
export const feedBatchMax = 64;
/** Subscribers are woken this long after an attempt, milliseconds, or once feedBatchMax have come: nobody sees the difference. Chosen. */
export const feedMergeMs = 20;
/** Subscribers of one app; the next is refused with `overloaded`. */
export const feedSubscribersMax = 100;

/** One try to hand a notice to an endpoint, as it went. */
export interface Attempt {
  /** Counts the attempts of this process: 1, 2, 3 … */
  readonly id: number;
  readonly app: string;
  readonly endpointId: string;
  readonly url: string;
  /** Made for those who look on, with no receiver behind it: always answered 200. */
  readonly virtual: boolean;
  /** Position of the event in the log. */
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeNumber;
  readonly channel: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** When it was sent, epoch milliseconds: the notice's notifyMs. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: SendOutcome;
  /** The verdict that followed. */
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: NoticeHeaders;
  /** Id of the redelivery that it is part of; absent for the delivery's own attempts. */
  readonly redelivery?: string;
}

interface AppFeed {
  /** The newest attempts, oldest first; `dropped` came before them. */
  readonly recent: Attempt[];
  dropped: number;
  readonly subscribers: Set<AbortSignal>;
  /** Readers that have read everything. */
  waiting: Set<() => void>;
  /** Since they were last woken. */
  unseen: number;
  cancelWake: (() => void) | undefined;
  /** The newest batches that were handed out, by the number of attempts before them. */
  readonly batches: Map<number, readonly Attempt[]>;
}

/** Fans attempts out as they are made, to the inspector in the console and `housecount listen`. They live in memory only. */
export class AttemptFeed {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #apps = new Map<string, AppFeed>();
  #lastId = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** The id of the next attempt. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  record(attempt: Attempt): void {
    const feed = this.#feedOf(attempt.app);
    feed.recent.push(attempt);
    // Cut in blocks, so that shifting an array of thousands is not the price of every attempt.
    if (feed.recent.length >= feedAttemptsMax * 2)
      feed.dropped += feed.recent.splice(0, feedAttemptsMax).length;
    if (feed.waiting.size === 0) return;
    feed.unseen += 1;
    if (feed.unseen >= feedBatchMax) wake(feed);
    else feed.cancelWake ??= this.#clock.after(feedMergeMs, () => wake(feed));
  }

  /** The newest attempts of an app, oldest first: those after id `after`, at most `limit` of the last feedAttemptsMax. */
  recent(app: string, options: { after?: number; limit?: number } = {}): readonly Attempt[] {
    const { after = 0, limit = feedAttemptsMax } = options;
    const kept = (this.#apps.get(app)?.recent ?? []).slice(-feedAttemptsMax);
    return limit <= 0 ? [] : kept.filter((attempt) => attempt.id > after).slice(-limit);
  }

  /**
   * The attempts of an app from now on, until the signal aborts: some at a time, at most feedBatchMax, the same arrays for
   * all who keep up. Subscribed when this returns, not when it is first read. Fails with `slow_reader` if more than
   * feedBacklogMax are unread, and with `overloaded` beyond feedSubscribersMax.
   */
  attempts(app: string, signal: AbortSignal): AsyncIterable<readonly Attempt[]> {
    const feed = this.#feedOf(app);
    const { subscribers } = feed;
    if (subscribers.size >= feedSubscribersMax)
      throw new HousecountError(
        'overloaded',
        `As many watch the notices of the app as may. That is ${feedSubscribersMax}.`,
      );
    const ending = new AbortController();
    const end = () => {
      signal.removeEventListener('abort', end);
      ending.abort();
      subscribers.delete(ending.signal);
      if (subscribers.size > 0) return;
      feed.cancelWake?.();
      feed.cancelWake = undefined;
    };
    subscribers.add(ending.signal);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
    return read(feed, feed.dropped + feed.recent.length, ending.signal, end);
  }

  #feedOf(app: string): AppFeed {
    let feed = this.#apps.get(app);
    if (!feed) {
      feed = {
        recent: [],
        dropped: 0,
        subscribers: new Set(),
        waiting: new Set(),
        unseen: 0,
        cancelWake: undefined,
        batches: new Map(),
      };
      this.#apps.set(app, feed);
    }
    return feed;
  }
}

async function* read(
  feed: AppFeed,
  start: number,
  signal: AbortSignal,
  end: () => void,
): AsyncIterable<readonly Attempt[]> {
  try {
    for (let next = start; !signal.aborted; ) {
      const unread = feed.dropped + feed.recent.length - next;
      if (unread > feedBacklogMax)
        throw new HousecountError('slow_reader', 'Attempts were made faster than they were read.');
      if (unread === 0) {
        await more(feed, signal);
        continue;
      }
      const batch = batchAt(feed, next);
      next += batch.length;
      yield batch;
    }
  } finally {
    end();
  }
}

/** The batch after the first `before` attempts; one that is full, or still the newest, is shared by readers. */
function batchAt(feed: AppFeed, before: number): readonly Attempt[] {
  const from = before - feed.dropped;
  // Up to the next round number, so that readers who are not at the same place soon share again.
  const to = Math.min(from + feedBatchMax - (before % feedBatchMax), feed.recent.length);
  const known = feed.batches.get(before);
  if (known?.length === to - from) return known;
  const batch = feed.recent.slice(from, to);
  feed.batches.delete(before);
  feed.batches.set(before, batch);
  const oldest = feed.batches.keys().next();
  if (feed.batches.size > feedBacklogMax / feedBatchMax && !oldest.done) feed.batches.delete(oldest.value);
  return batch;
}

/** Resolves when subscribers are woken, or when the signal aborts. */
function more(feed: AppFeed, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done);
      feed.waiting.delete(done);
      resolve();
    };
    signal.addEventListener('abort', done);
    feed.waiting.add(done);
  });
}

function wake(feed: AppFeed): void {
  feed.cancelWake?.();
  feed.cancelWake = undefined;
  feed.unseen = 0;
  const { waiting } = feed;
  feed.waiting = new Set();
  for (const done of waiting) done();
}
