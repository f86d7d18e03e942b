import type { ChannelEvent, NoticeType } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/contract.ts';
import type { LogEntry } from '../log/record.ts';
import type { Logger } from '../observe/contract.ts';
import { pause } from '../pause.ts';
import type { Attempt, AttemptFeed } from './attempt-feed.ts';
import { eventOf } from './channel-events.ts';
import type { NoticeText } from './notice-text.ts';
import { headerSigner, type NoticeHeaders } from './signed-headers.ts';

export const inspectorId = 'inspector';
const faultPauseMs = 1_000;

/** A notice formed for a listener: post `body` as it is, with `headers`, and any receiver can verify it. */
export interface FormedNotice {
  /** The listener's cursor: ask for what comes after it. */
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly channel: string;
  readonly body: string;
  readonly headers: NoticeHeaders;
}

export interface InspectorParts {
  readonly log: Pick<Log, 'follow' | 'lastPosition'>;
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
   * The notices of an app after `after` (a position; undefined: from now on), in order, until the signal aborts. Read
   * from the log as the caller asks for more, so a listener that comes back misses nothing that the log still holds.
   */
  async *notices(app: string, after: number | undefined, signal: AbortSignal): AsyncIterable<FormedNotice> {
    const { log, clock, textOf } = this.#parts;
    if (after !== undefined && (!Number.isSafeInteger(after) || after < 0))
      throw new HousecountError('body_invalid', 'after must be a position in the log: 0, 1, 2 …');
    const end = AbortSignal.any([signal, this.#stopping.signal]);
    // A position that the log has not reached comes from another data folder.
    const start = Math.min(after ?? log.lastPosition, log.lastPosition);
    for await (const batch of log.follow(start, end)) {
      for (const { position, record } of batch) {
        const event = eventOf(record);
        if (event?.app !== app) continue;
        const { noticeId, eventType, at } = textOf(event);
        const body = at(clock.nowMs());
        yield {
          position,
          noticeId,
          eventType,
          channel: event.channel,
          body,
          headers: this.#sign(app, body),
        };
        if (end.aborted) return;
      }
    }
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
          this.#parts.onShown();
        }
      } catch (cause) {
        if (signal.aborted) return;
        logger.error('The inspector cannot follow the log; trying again.', { cause: String(cause) });
      }
      await pause(clock, faultPauseMs, signal);
    }
  }

  #show({ position, record }: LogEntry): void {
    this.#seen = position;
    const event = eventOf(record);
    if (!event) return;
    const { feed, textOf, clock } = this.#parts;
    const place = { id: feed.nextId(), position, atMs: clock.nowMs() };
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

/** Its body is formed and signed when somebody looks: most are never looked at. */
function virtualAttempt(
  { id, position, atMs }: { id: number; position: number; atMs: number },
  event: ChannelEvent,
  text: NoticeText,
  sign: (body: string) => NoticeHeaders,
): Attempt {
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
      return text.at(atMs);
    },
    get headers() {
      return sign(this.body);
    },
  };
}
