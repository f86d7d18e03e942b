import type { NoticeNumber } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { NoticeHeaders } from './signed-headers.ts';
import type { SendOutcome } from './transport.ts';

/** Attempts kept per app for those who look later; the oldest goes first. */
export const feedAttemptsMax = 1_000;
/** Attempts waiting for one subscriber; then its stream fails with `slow_reader`. */
export const feedBacklogMax = 1_000;
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
  /** What followed. */
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: NoticeHeaders;
  /** Id of the redelivery that it is part of; absent for the delivery's own attempts. */
  readonly redelivery?: string;
}

interface Subscriber {
  readonly waiting: Attempt[];
  overrun: boolean;
  wake: () => void;
}

interface AppFeed {
  readonly recent: Attempt[];
  readonly subscribers: Set<Subscriber>;
}

/** What was sent, as it is sent: for the inspector in the console and `housecount listen`. Lives in memory only. */
export class AttemptFeed {
  readonly #apps = new Map<string, AppFeed>();
  #lastId = 0;

  /** The id of the next attempt. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  record(attempt: Attempt): void {
    const feed = this.#feedOf(attempt.app);
    feed.recent.push(attempt);
    // Cut in blocks, so that shifting an array of thousands is not the price of every attempt.
    if (feed.recent.length >= feedAttemptsMax * 2) feed.recent.splice(0, feedAttemptsMax);
    for (const subscriber of feed.subscribers) {
      if (subscriber.waiting.length >= feedBacklogMax) subscriber.overrun = true;
      else subscriber.waiting.push(attempt);
      subscriber.wake();
    }
  }

  /** The newest attempts of an app, oldest first: those after id `after`, at most `limit` of the last feedAttemptsMax. */
  recent(app: string, options: { after?: number; limit?: number } = {}): readonly Attempt[] {
    const { after = 0, limit = feedAttemptsMax } = options;
    const kept = (this.#apps.get(app)?.recent ?? []).slice(-feedAttemptsMax);
    return limit <= 0 ? [] : kept.filter((attempt) => attempt.id > after).slice(-limit);
  }

  /**
   * The attempts of an app from now on, until the signal aborts. Subscribed when this returns, not when it is first
   * read. Fails with `slow_reader` if feedBacklogMax wait unread, and with `overloaded` beyond feedSubscribersMax.
   */
  attempts(app: string, signal: AbortSignal): AsyncIterable<Attempt> {
    const { subscribers } = this.#feedOf(app);
    if (subscribers.size >= feedSubscribersMax)
      throw new HousecountError('overloaded', 'Too many are watching the notices of this app.');
    const subscriber: Subscriber = { waiting: [], overrun: false, wake: () => {} };
    const end = () => {
      subscribers.delete(subscriber);
      subscriber.wake();
    };
    if (!signal.aborted) {
      subscribers.add(subscriber);
      signal.addEventListener('abort', end, { once: true });
    }
    return drain(subscriber, signal, () => {
      signal.removeEventListener('abort', end);
      end();
    });
  }

  #feedOf(app: string): AppFeed {
    let feed = this.#apps.get(app);
    if (!feed) {
      feed = { recent: [], subscribers: new Set() };
      this.#apps.set(app, feed);
    }
    return feed;
  }
}

async function* drain(subscriber: Subscriber, signal: AbortSignal, end: () => void): AsyncIterable<Attempt> {
  try {
    while (!signal.aborted) {
      const attempt = subscriber.waiting.shift();
      if (attempt) yield attempt;
      else if (subscriber.overrun)
        throw new HousecountError('slow_reader', 'Attempts were made faster than they were read.');
      else
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
        });
    }
  } finally {
    end();
  }
}
