import type { Clock } from '../../clock.ts';
import { Damage } from '../../kept/tables/sqlite.ts';
import { tellOpening } from '../../kept/tables/tell-opening.ts';
import { limits } from '../../limits.ts';
import type { AttemptReport } from '../../notify/delivery/attempt.ts';
import { channelOf, type Notice } from '../../notify/notice/notice.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';
import {
  type Delivery,
  type DeliveryFilter,
  type DeliverySubject,
  DeliveryTables,
  type KeptAttempt,
  type KeptRequest,
} from './delivery-tables.ts';
import { keptHeaders } from './kept-headers.ts';
import { RequestQueue } from './request-queue.ts';

export interface DeliveriesOptions {
  /** Path of the SQLite file; folders are made. */
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Every delivery and attempt, searchable for as long as the limits say. For people: delivery itself never waits for it. */
export interface Deliveries {
  /** Takes an attempt in; never fails and never waits. A killed process loses those of the last moment. */
  record(report: AttemptReport): void;
  /** Newest first. `next` goes on; a page may be short, even empty, and have a `next`: limits.deliveryScanMax were looked at. */
  search(query: { readonly filter: DeliveryFilter; readonly cursor?: number; readonly limit: number }): {
    readonly deliveries: readonly Delivery[];
    readonly next?: number;
  };
  /** One delivery with its attempts, oldest first; undefined if it is not (or no longer) kept. */
  read(app: string, endpoint: string, noticeId: string): DeliveryWithAttempts | undefined;
  /** One delivery without its attempts. */
  delivery(endpoint: string, noticeId: string): Delivery | undefined;
  /** Why it is behind for longer than a moment; undefined while it is not. */
  readonly trouble: string | undefined;
  /** Writes what waits and closes the file. */
  stop(): void;
}

export interface DeliveryWithAttempts extends Delivery {
  readonly made: readonly KeptAttempt[];
}

/** Attempts wait this long for company, milliseconds: less than a cursor does, so that what a crash loses here is sent again. */
const flushMs = 50;
const retryMs = 1_000;
/** Notices in one transaction, unless one request has more: a few milliseconds. */
const batchMax = 500;
/** Transactions follow each other for this long, milliseconds; then sockets have their turn. */
const flushMsMax = 10;
/** Old ones are looked for this often, also when nothing is delivered; milliseconds. */
const retainMs = 60_000;
/** Until the next part, when there is more to delete than may be deleted at one go; milliseconds. */
const retainAgainMs = 100;
const dayMs = 24 * 3_600_000;

/** Opens the deliveries; a damaged file is set aside and begun anew, for it is nobody's only proof of a notice. */
export function openDeliveries(options: DeliveriesOptions): Deliveries {
  const { clock, metrics } = options;
  const logger = options.logger.with({ part: 'deliveries' });
  const open = () =>
    DeliveryTables.open(
      options.path,
      tellOpening(
        logger,
        'Deliveries of before cannot be searched or sent once more as given up; notices themselves are not touched.',
      ),
    );
  let tables = open();
  const queue = new RequestQueue();
  let trouble: string | undefined;
  let stopped = false;
  let cancelFlush: (() => void) | undefined;
  let cancelRetain = clock.after(retainMs, retain);
  const dropped = metrics.counter(
    'housecount_deliveries_dropped_total',
    'Attempts that cannot be looked up in full, by what was dropped: detail (request and answer) or outcome.',
  );
  metrics.gauge('housecount_deliveries_searchable', 'Deliveries that can be searched.', () => tables.rows);
  metrics.gauge('housecount_deliveries_waiting', 'Attempts not yet written.', () => queue.notices);
  metrics.gauge(
    'housecount_notify_dead_letters',
    'Searchable deliveries that were given up and not taken since.',
    () => use((file) => file.givenUp()),
  );

  /** Goes on with a new file where damage is met, for delivery asks it as well. */
  function use<T>(work: (tables: DeliveryTables) => T): T {
    try {
      return work(tables);
    } catch (cause) {
      if (!(cause instanceof Damage)) throw cause;
      tables.close();
      tables = open();
      return work(tables);
    }
  }

  function record(report: AttemptReport): void {
    if (stopped) return;
    queue.add(keptRequest(report));
    const { details, outcomes } = queue.trim();
    if (details > 0) dropped.add(details, { what: 'detail' });
    if (outcomes > 0) dropped.add(outcomes, { what: 'outcome' });
    cancelFlush ??= clock.after(flushMs, onFlush);
  }

  /** Writes one batch; true if it could. */
  function flush(): boolean {
    const batch = queue.first(batchMax);
    if (batch.length === 0) return true;
    try {
      use((file) => file.append(batch));
    } catch (cause) {
      if (trouble === undefined) logger.error('The deliveries cannot be written; trying again.', { cause });
      trouble = 'The deliveries cannot be written.';
      return false;
    }
    trouble = undefined;
    queue.remove(batch.length);
    if (tables.rows > limits.deliveryRowsMax) retainSome();
    return true;
  }

  /** Writes what waits, for a moment; true if it could. */
  function flushSome(): boolean {
    const endMs = clock.steadyMs() + flushMsMax;
    let done = flush();
    while (done && queue.notices > 0 && clock.steadyMs() < endMs) done = flush();
    return done;
  }

  function onFlush(): void {
    const done = flushSome();
    cancelFlush = queue.notices === 0 ? undefined : clock.after(done ? 0 : retryMs, onFlush);
  }

  function retainSome(): boolean {
    try {
      const beforeMs = clock.nowMs() - limits.deliveryDaysMax * dayMs;
      return use((file) => file.retain(beforeMs, limits.deliveryRowsMax));
    } catch (cause) {
      logger.error('Old deliveries cannot be deleted; trying again.', { cause });
      return false;
    }
  }

  function retain(): void {
    cancelRetain = clock.after(retainSome() ? retainAgainMs : retainMs, retain);
  }

  return {
    record,
    search({ filter, cursor, limit }) {
      flushSome();
      return use((file) => file.search(filter, cursor, limit));
    },
    read(app, endpoint, noticeId) {
      flushSome();
      return use((file) => file.withAttempts(app, endpoint, noticeId, limits.pageMax));
    },
    delivery(endpoint, noticeId) {
      flushSome();
      return use((file) => file.delivery(endpoint, noticeId));
    },
    get trouble() {
      return trouble;
    },
    stop() {
      stopped = true;
      cancelFlush?.();
      cancelRetain();
      while (queue.notices > 0 && flush());
      if (queue.notices > 0) logger.warn('Attempts are lost to the search.', { attempts: queue.notices });
      tables.close();
    },
  };
}

function keptRequest(report: AttemptReport): KeptRequest {
  const { endpoint, outcome } = report;
  return {
    app: endpoint.app,
    endpoint: endpoint.id,
    made: {
      attempt: report.attempt,
      atMs: report.atMs,
      durationMs: report.durationMs,
      ...(outcome.answered ? { answered: outcome.status } : { stage: outcome.stage, detail: outcome.detail }),
      next: report.next,
      ...(report.redelivery !== undefined && { redelivery: report.redelivery }),
      exchange: {
        headers: keptHeaders(report.headers),
        body: report.body,
        answer: outcome.answered ? outcome.excerpt : '',
      },
    },
    subjects: report.notices.map(subjectOf),
  };
}

function subjectOf({ position, event, text }: Notice): DeliverySubject {
  const isLost = event.type === 'events-lost';
  return {
    noticeId: text.noticeId,
    position,
    type: text.eventType,
    channel: channelOf(event),
    sid: isLost ? (event.range?.sid ?? '') : event.sid,
    seq: isLost ? (event.range?.toSeq ?? 0) : event.seq,
    ...('uid' in event && { uid: event.uid }),
    ...('uid' in event && event.account !== undefined && { account: event.account }),
    eventMs: event.atMs,
  };
}
