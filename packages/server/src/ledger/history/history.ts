import { type ChannelEvent, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { tellOpening } from '../../kept/tables/tell-opening.ts';
import { limits as defaults } from '../../limits.ts';
import type { Logger } from '../../observe/contract.ts';
import { LogReader, type ReadLog } from '../log-reader.ts';
import type { PlacedEvent, Scan } from './history-scan.ts';
import { type EventsQuery, eventIn, HistoryTables, type Life } from './history-tables.ts';
import { News } from './news.ts';

export interface HistoryOptions {
  /** Path of the SQLite file; folders are made. */
  readonly path: string;
  readonly log: ReadLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: those of limits.ts. */
  readonly limits?: HistoryLimits;
  /** Ends the following; `closed` then resolves. */
  readonly signal: AbortSignal;
}

export interface HistoryLimits {
  /** Events are kept for so many days, and so many log positions. */
  readonly historyDaysMax: number;
  readonly historyRowsMax: number;
  /** Time that a request waits for the history to catch up, milliseconds, and the number of requests that may. */
  readonly historyWaitMs: number;
  readonly historyWaitersMax: number;
  /** Requests that wait for news. */
  readonly pullWaitersMax: number;
}

/** The events of every channel, kept for as long as the limits say. A read model: late at most, never different. */
export interface History {
  /**
   * Events of a life of a channel after `after`, in order, at most `limit`; undefined if the life is not known.
   * @throws HousecountError no_longer_kept if the event after `after` has been deleted by retention.
   */
  eventsAfter(query: EventsQuery): readonly ChannelEvent[] | undefined;
  /** Lives of a channel, newest first, opened before `before` (a cursor of an earlier answer). */
  lives(query: { app: string; channel: string; before?: number; limit: number }): readonly Life[];
  /**
   * Events of all apps after a position, in the order of the log, at most `limit`.
   * @throws HousecountError no_longer_kept if events after the position have been deleted.
   */
  placed(after: number, limit: number): readonly PlacedEvent[];
  /** Events of one life after `seq`, in order, at most `limit`; undefined if the life is not known in this app. */
  placedOf(
    app: string,
    life: { readonly sid: string; readonly seq: number },
    limit: number,
  ): readonly PlacedEvent[] | undefined;
  /**
   * The position after which lies everything that was decided at or after `ms`.
   * @throws HousecountError no_longer_kept if some of it has been deleted.
   */
  positionBefore(ms: number): number;
  /**
   * Events of an app over all its channels after a log position, in the order of the log, at most `limit`.
   * @throws HousecountError no_longer_kept if events after the position have been deleted, or the log has not come to it.
   */
  scan(query: { app: string; after: number; limit: number }): Scan;
  /** Everything after this position is kept: where to begin. */
  readonly oldest: number;
  /** The sid of the event at a position; undefined if there is none. */
  sidAt(position: number): string | undefined;
  /**
   * Resolves with true once an app has a new event, with false after `waitMs`.
   * @throws HousecountError too_many_connections if limits.pullWaitersMax wait; going_away if the signal aborts.
   */
  news(app: string, waitMs: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Resolves once everything up to the log's position of now can be read.
   * @throws HousecountError overloaded if that takes longer than limits.historyWaitMs, or too many wait.
   */
  caughtUp(signal: AbortSignal): Promise<void>;
  /** Position of the last record taken over. */
  readonly position: number;
  /** Why it is behind for longer than a moment; undefined while it follows. */
  readonly trouble: string | undefined;
  /** Resolves when the following has ended and the file is closed. */
  readonly closed: Promise<void>;
}

/** Opens the history and starts to follow the log from where it left off. */
export function openHistory(options: HistoryOptions): History {
  const { logger, clock, limits = defaults } = options;
  const tables = HistoryTables.open(
    options.path,
    tellOpening(
      logger,
      'The new one is filled from the log, as far back as that goes; older events are in the other.',
    ),
  );
  const news = new News(clock, limits.pullWaitersMax);
  const reader = new LogReader({
    ...options,
    name: 'the history',
    tables,
    retain: (nowMs) => tables.retain(nowMs - limits.historyDaysMax * dayMs, limits.historyRowsMax),
    waitMsMax: limits.historyWaitMs,
    waitersMax: limits.historyWaitersMax,
    onBatch(batch) {
      if (news.waiting > 0) news.tell(new Set(batch.flatMap(({ record }) => eventIn(record)?.app ?? [])));
    },
  });
  const closed = reader.closed.then(() => news.end());
  return {
    eventsAfter(query) {
      const events = tables.eventsAfter(query);
      const life = tables.life(query.sid);
      if (life === undefined || life.app !== query.app || life.channel !== query.channel) return undefined;
      const first = events[0];
      const missing = first ? first.seq !== query.after + 1 : query.after < life.lastSeq && query.limit > 0;
      if (missing) throw new HousecountError('no_longer_kept');
      return events;
    },
    scan(query) {
      if (query.after < tables.trimmed.position || query.after > tables.position)
        throw new HousecountError('no_longer_kept');
      return tables.scan.scan(query, tables.position);
    },
    get oldest() {
      return tables.trimmed.position;
    },
    sidAt: (position) => tables.scan.sidAt(position),
    news: (app, waitMs, askerSignal) => news.wait(app, waitMs, askerSignal),
    lives: (query) => tables.lives(query),
    placed(after, limit) {
      if (after < tables.trimmed.position) throw new HousecountError('no_longer_kept');
      return tables.placed(after, limit);
    },
    placedOf(app, { sid, seq }, limit) {
      return tables.life(sid)?.app === app ? tables.placedOf(sid, seq, limit) : undefined;
    },
    positionBefore(ms) {
      const position = tables.positionBefore(ms);
      if (position === undefined) throw new HousecountError('no_longer_kept');
      return position;
    },
    caughtUp: (signal) => reader.caughtUp(signal),
    get position() {
      return tables.position;
    },
    get trouble() {
      return reader.trouble;
    },
    closed,
  };
}

const dayMs = 24 * 60 * 60 * 1000;
