import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import { tellOpening } from '../../kept/tables/tell-opening.ts';
import { limits as defaults } from '../../limits.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';
import { CurrentTables } from './current-tables.ts';
import type { Delivery, DeliveryFilter, KeptAttempt } from './delivery.ts';
import { DeliveryWriter } from './delivery-writer.ts';
import type { RequestQueueLimits } from './request-queue.ts';
import { keptRequest, type RequestReport } from './request-report.ts';

export interface DeliveriesOptions {
  /** Path of the SQLite file; folders are made. */
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: those of limits.ts. */
  readonly limits?: DeliveryLimits;
}

export interface DeliveryLimits extends RequestQueueLimits {
  /** Deliveries are kept for so many days, and so many of the newest. */
  readonly deliveryDaysMax: number;
  readonly deliveryRowsMax: number;
  /** Characters of requests and answers shown with one. */
  readonly deliveryExchangeCharsMax: number;
}

/** Every delivery and attempt, searchable for as long as the limits say. For people: delivery itself never waits for it. */
export interface Deliveries {
  /** Takes an attempt in; never fails and never waits. A killed process loses those of the last moment. */
  record(report: RequestReport): void;
  /** Newest first. `next` goes on; a page may be short, even empty, and have a `next`: fixed.deliveryScanMax were looked at. */
  search(query: { readonly filter: DeliveryFilter; readonly cursor?: number; readonly limit: number }): {
    readonly deliveries: readonly Delivery[];
    readonly next?: number;
  };
  /** One delivery with its attempts, oldest first; undefined if it is not (or no longer) kept. */
  read(app: string, endpoint: string, noticeId: string): DeliveryWithAttempts | undefined;
  /** One delivery without its attempts. */
  delivery(endpoint: string, noticeId: string): Delivery | undefined;
  /** The reason why it is behind for longer than a moment; undefined while it is not. */
  readonly trouble: string | undefined;
  /** Writes what waits and closes the file. */
  stop(): void;
}

export interface DeliveryWithAttempts extends Delivery {
  readonly made: readonly KeptAttempt[];
}

/** Old ones are looked for this often, also when nothing is delivered; milliseconds. */
const retainMs = 60_000;
/** Time until the next part, when there is more to delete than may be deleted at one go; milliseconds. */
const retainAgainMs = 100;
const dayMs = 24 * 3_600_000;

/** Opens the deliveries; a damaged file is set aside and begun anew, for it is nobody's only proof of a notice. */
export function openDeliveries(options: DeliveriesOptions): Deliveries {
  const { clock, metrics, limits = defaults } = options;
  const logger = options.logger.with({ part: 'deliveries' });
  const tables = new CurrentTables(
    options.path,
    tellOpening(
      logger,
      'Deliveries of before cannot be searched or sent once more as given up; notices themselves are not touched.',
    ),
  );
  const dropped = metrics.counter(
    'housecount_deliveries_dropped_total',
    'Attempts that cannot be looked up in full, by what was dropped: detail (request and answer) or outcome.',
  );
  const writer = new DeliveryWriter({
    clock,
    logger,
    limits,
    dropped,
    append(requests) {
      tables.use((file) => file.append(requests));
      if (tables.rows > limits.deliveryRowsMax) retainSome();
    },
  });
  metrics.gauge('housecount_deliveries_searchable', 'Deliveries that can be searched.', () => tables.rows);
  metrics.gauge('housecount_deliveries_waiting', 'Attempts not yet written.', () => writer.waiting);
  metrics.gauge(
    'housecount_notify_dead_letters',
    'Searchable deliveries that were given up and not taken since.',
    () => tables.use((file) => file.givenUp()),
  );
  let cancelRetain = clock.after(retainMs, retain);

  function retainSome(): boolean {
    try {
      const beforeMs = clock.nowMs() - limits.deliveryDaysMax * dayMs;
      return tables.use((file) => file.retain(beforeMs, limits.deliveryRowsMax));
    } catch (cause) {
      logger.error('Old deliveries cannot be deleted; trying again.', { cause });
      return false;
    }
  }

  function retain(): void {
    cancelRetain = clock.after(retainSome() ? retainAgainMs : retainMs, retain);
  }

  return {
    record: (report) => writer.add(keptRequest(report)),
    search({ filter, cursor, limit }) {
      writer.flush();
      return tables.use((file) => file.search(filter, cursor, limit));
    },
    read(app, endpoint, noticeId) {
      writer.flush();
      return tables.use((file) =>
        file.withAttempts(app, endpoint, noticeId, fixed.pageMax, limits.deliveryExchangeCharsMax),
      );
    },
    delivery(endpoint, noticeId) {
      writer.flush();
      return tables.use((file) => file.delivery(endpoint, noticeId));
    },
    get trouble() {
      return writer.trouble;
    },
    stop() {
      cancelRetain();
      writer.stop();
      tables.close();
    },
  };
}
