import type { ChannelEvent } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogEntry } from '../../log/record/record.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import { headerSigner, type NoticeHeaders } from '../endpoint/signed-headers.ts';
import { eventOf } from '../notice/channel-events.ts';
import type { NoticeText } from '../notice/notice-text.ts';
import type { Attempt, AttemptFeed } from './attempt-feed.ts';
import type { FormedNotice } from './formed-notice.ts';
import { NoticeRing, type RingPlace, ringBatchMax } from './notice-ring.ts';

export const inspectorId = 'inspector';
const faultPauseMs = 1_000;

export interface InspectorParts {
  readonly log: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly feed: AttemptFeed;
  readonly textOf: (event: ChannelEvent) => NoticeText;
  readonly secretOf: (app: string) => string;
  /** The feed has shown more. */
  readonly onShown: () => void;
}

/**
 * A receiver inside the server that every app has, so that notices can be watched before there is a real one. It
 * begins at the log's end at each start and keeps no cursor: it is for looking, not for counting.
 */
export class Inspector {
  readonly #parts: InspectorParts;
  readonly #rings = new Map<string, { readonly ring: NoticeRing; listeners: number }>();
  readonly #signers = new Map<string, (body: string) => NoticeHeaders>();
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;
  #seen: number;

  constructor(parts: InspectorParts) {
    this.#parts = parts;
    this.#seen = parts.log.lastPosition;
    this.#following = this.#follow();
  }

  /** Last position that the feed has shown. */
  get seen(): number {
    return this.#seen;
  }

  /**
   * The notices of an app after `after` (a position; undefined: from now on), in order, until the signal aborts: some at
   * a time, at most ringBatchMax. A listener that keeps up shares what it gets, the very arrays, with all others of the
   * app; one that does not reads the log at its own pace, so it misses nothing that the log still holds.
   */
  async *notices(
    app: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly FormedNotice[]> {
    const { log } = this.#parts;
    if (after !== undefined && (!Number.isSafeInteger(after) || after < 0))
      throw new HousecountError('body_invalid', 'after must be a position in the log: 0, 1, 2 …');
    const end = AbortSignal.any([signal, this.#stopping.signal]);
    const { ring, leave } = this.#listen(app);
    try {
      // A position that the log has not reached comes from another data folder.
      let place: RingPlace = {
        position: Math.min(after ?? log.lastPosition, log.lastPosition),
        number: undefined,
      };
      while (!end.aborted) {
        if (!ring.holds(place)) {
          for await (const { notices, position } of this.#fromLog(app, place.position, end)) {
            place = { position, number: undefined };
            if (notices.length > 0) yield notices;
            if (end.aborted || ring.holds(place)) break;
          }
          continue;
        }
        const step = ring.step(place);
        if (!step) {
          await ring.more(end);
          continue;
        }
        place = step.next;
        yield step.notices;
      }
    } finally {
      leave();
    }
  }

  /** The ring of an app, kept while somebody listens to it. */
  #listen(app: string): { ring: NoticeRing; leave: () => void } {
    const open = this.#rings.get(app) ?? { ring: new NoticeRing(this.#seen), listeners: 0 };
    this.#rings.set(app, open);
    open.listeners += 1;
    const leave = () => {
      open.listeners -= 1;
      if (open.listeners === 0) this.#rings.delete(app);
    };
    return { ring: open.ring, leave };
  }

  /** Forms the notices for one listener that is further behind than the ring. */
  async *#fromLog(app: string, after: number, signal: AbortSignal) {
    for await (const batch of this.#parts.log.follow(after, signal)) {
      for (let at = 0; at < batch.length; at += ringBatchMax) {
        const piece = batch.slice(at, at + ringBatchMax);
        const position = piece.at(-1)?.position ?? after;
        yield { notices: this.#formed(piece.filter(({ record }) => eventOf(record)?.app === app)), position };
      }
    }
  }

  #formed(entries: readonly LogEntry[]): readonly FormedNotice[] {
    const { clock, textOf } = this.#parts;
    const atMs = clock.wallMs();
    return entries.flatMap(({ position, record }) => {
      const event = eventOf(record);
      if (!event) return [];
      const { noticeId, eventType, at } = textOf(event);
      const body = at(atMs);
      const headers = this.#sign(event.app, body);
      return [{ position, noticeId, eventType, channel: event.channel, body, headers }];
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { log, clock, logger } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of log.follow(this.#seen, signal)) {
          for (const entry of batch) this.#show(entry);
          this.#share(batch);
          this.#parts.onShown();
        }
      } catch (cause) {
        if (signal.aborted) return;
        logger.error('The inspector cannot follow the log; trying again.', { cause: String(cause) });
      }
      await pause(clock, faultPauseMs, signal);
    }
  }

  /** Puts what is new into the rings of those apps that somebody listens to. */
  #share(batch: readonly LogEntry[]): void {
    for (const [app, { ring }] of this.#rings) {
      const entries = batch.filter(({ record }) => eventOf(record)?.app === app);
      for (let at = 0; at < entries.length; at += ringBatchMax) {
        const piece = entries.slice(at, at + ringBatchMax);
        const through = piece.at(-1)?.position;
        if (through !== undefined) ring.push(through, piece.length, () => this.#formed(piece));
      }
      if (entries.length > 0) ring.wake();
    }
  }

  #show({ position, record }: LogEntry): void {
    this.#seen = position;
    const event = eventOf(record);
    if (!event) return;
    const { feed, textOf, clock } = this.#parts;
    const place = { id: feed.nextId(), position, atMs: clock.wallMs() };
    feed.record(virtualAttempt(place, event, textOf(event), (body) => this.#sign(event.app, body)));
  }

  #sign(app: string, body: string): NoticeHeaders {
    let sign = this.#signers.get(app);
    if (!sign) {
      sign = headerSigner(this.#parts.secretOf(app));
      this.#signers.set(app, sign);
    }
    return sign(body);
  }
}

/** Its body is formed and signed when somebody first looks: most are never looked at. */
function virtualAttempt(
  { id, position, atMs }: { id: number; position: number; atMs: number },
  event: ChannelEvent,
  text: NoticeText,
  sign: (body: string) => NoticeHeaders,
): Attempt {
  let body: string | undefined;
  let headers: NoticeHeaders | undefined;
  return {
    id,
    app: event.app,
    endpointId: inspectorId,
    url: 'inspector:',
    virtual: true,
    position,
    noticeId: text.noticeId,
    eventType: text.eventType,
    channel: event.channel,
    attempt: 1,
    atMs,
    durationMs: 0,
    outcome: { answered: true, status: 200, excerpt: '' },
    next: 'delivered',
    get body() {
      body ??= text.at(atMs);
      return body;
    },
    get headers() {
      headers ??= sign(this.body);
      return headers;
    },
  };
}
