import { fixed } from '../../fixed-limits.ts';
import {
  type Database,
  type Format,
  type Opening,
  openTables,
  type Row,
  type Statement,
} from '../../kept/tables/sqlite.ts';
import { limits as defaults } from '../../limits.ts';
import type { Delivery, DeliveryFilter, KeptAttempt, KeptRequest } from './delivery.ts';
import { deliveryMigrations } from './delivery-migrations.ts';
import { toAttempt, toDelivery, toExchange } from './delivery-rows.ts';
import { idsPerMs, searchOf } from './delivery-search.ts';

/**
 * An attempt is kept once for all notices of its request. Nearly every delivery is one attempt: its row says which, and
 * only further ones need a row that links them.
 */
const schema = `
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, app TEXT NOT NULL, endpoint TEXT NOT NULL, notice_id TEXT NOT NULL,
    position INTEGER NOT NULL, type INTEGER NOT NULL, channel TEXT NOT NULL, sid TEXT NOT NULL, seq INTEGER NOT NULL,
    uid INTEGER, account TEXT, event_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL, redelivered INTEGER NOT NULL, status INTEGER NOT NULL, first_attempt INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX deliveries_by_notice ON deliveries (notice_id, endpoint);
  CREATE INDEX deliveries_by_app ON deliveries (app, id);
  CREATE INDEX deliveries_by_channel ON deliveries (app, channel, id);
  CREATE INDEX deliveries_unfinished ON deliveries (status, app, id) WHERE status < 2;
  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, at_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
    answered INTEGER, stage TEXT, detail TEXT, next TEXT NOT NULL, redelivery TEXT, headers TEXT, body TEXT, answer TEXT,
    body_of INTEGER
  ) STRICT;
  CREATE TABLE further_attempts (
    delivery INTEGER NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (delivery, attempt)
  ) STRICT, WITHOUT ROWID;
`;
export const deliveryFormat: Format = { schema, migrations: deliveryMigrations };
/** Deliveries, and attempts, deleted at one go, so that retention never holds up a socket for long. */
const retainRowsMax = 1_000;

/** The tables of the deliveries and the statements on them. */
export class DeliveryTables {
  /** Runs with every reading of the metrics: by the index of unfinished ones, never by a walk over all rows. */
  static readonly givenUpCount =
    'SELECT count(*) AS n FROM deliveries INDEXED BY deliveries_unfinished WHERE status = 1 AND status < 2';
  static readonly #oldest = 'SELECT id FROM deliveries WHERE id < ?1 ORDER BY id LIMIT ?2';
  /** The statements of retention, which run with every transaction once the limit of rows is reached: each works from one end. */
  static readonly retention = {
    countOldest: `SELECT count(*) AS n FROM (${DeliveryTables.#oldest})`,
    deleteLinks: `DELETE FROM further_attempts WHERE delivery IN (${DeliveryTables.#oldest})`,
    deleteDeliveries: `DELETE FROM deliveries WHERE id IN (${DeliveryTables.#oldest})`,
    firstKept: 'SELECT first_attempt FROM deliveries ORDER BY id LIMIT 1',
    deleteAttempts:
      'DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE id < ?1 ORDER BY id LIMIT ?2)',
  } as const;
  readonly #database: Database;
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #insertAttempt: Statement;
  readonly #linkAttempt: Statement;
  readonly #hasBody: Statement;
  readonly #selectAttempts: Statement;
  readonly #selectExchange: Statement;
  readonly #countOldest: Statement;
  readonly #deleteLinks: Statement;
  readonly #deleteDeliveries: Statement;
  readonly #firstKept: Statement;
  readonly #deleteAttempts: Statement;
  readonly #countStatus: Statement;
  #rows: number;
  #lastId: number;
  #lastAttemptId: number;

  /** @throws as openTables does. */
  static open(path: string, onOpening: (opening: Opening) => void): DeliveryTables {
    return openTables({ ...deliveryFormat, path, onOpening }, (database) => new DeliveryTables(database));
  }

  private constructor(database: Database) {
    this.#database = database;
    this.#find = database.prepare('SELECT * FROM deliveries WHERE notice_id = ? AND endpoint = ?');
    this.#insert = database.prepare(
      `INSERT INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, 1, ?14, ?15, ?16)
         ON CONFLICT (notice_id, endpoint) DO NOTHING`,
    );
    this.#update = database.prepare(
      `UPDATE deliveries SET last_ms = max(last_ms, ?2), attempts = attempts + 1, redelivered = redelivered + ?3,
         status = max(status, ?4) WHERE id = ?1`,
    );
    this.#insertAttempt = database.prepare(
      'INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#hasBody = database.prepare('SELECT 1 FROM attempts WHERE id = ? AND body = ?');
    this.#linkAttempt = database.prepare('INSERT INTO further_attempts VALUES (?, ?)');
    this.#selectAttempts = database.prepare(
      `SELECT id, attempt, at_ms, duration_ms, answered, stage, detail, next, redelivery FROM attempts
         WHERE id IN (SELECT ?1 UNION ALL SELECT attempt FROM further_attempts WHERE delivery = ?2)
         ORDER BY id LIMIT ?3`,
    );
    this.#selectExchange = database.prepare(
      `SELECT a.headers, coalesce(a.body, b.body) AS body, a.answer FROM attempts a
         LEFT JOIN attempts b ON b.id = a.body_of WHERE a.id = ?`,
    );
    const { retention } = DeliveryTables;
    this.#countOldest = database.prepare(retention.countOldest);
    this.#deleteLinks = database.prepare(retention.deleteLinks);
    this.#deleteDeliveries = database.prepare(retention.deleteDeliveries);
    this.#firstKept = database.prepare(retention.firstKept);
    this.#deleteAttempts = database.prepare(retention.deleteAttempts);
    this.#countStatus = database.prepare(DeliveryTables.givenUpCount);
    this.#rows = Number(database.prepare('SELECT count(*) AS n FROM deliveries').get()?.n ?? 0);
    this.#lastId = Number(database.prepare('SELECT max(id) AS id FROM deliveries').get()?.id ?? 0);
    this.#lastAttemptId = Number(database.prepare('SELECT max(id) AS id FROM attempts').get()?.id ?? 0);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Deliveries that are given up and were not taken since. */
  givenUp(): number {
    return Number(this.#countStatus.get()?.n ?? 0);
  }

  /** Takes requests over, in the order in which they were made; all or none. */
  append(requests: readonly KeptRequest[]): void {
    const before = { rows: this.#rows, lastId: this.#lastId, lastAttemptId: this.#lastAttemptId };
    try {
      this.#database.transaction(() => {
        for (const request of requests) this.#store(request);
      });
    } catch (cause) {
      this.#rows = before.rows;
      this.#lastId = before.lastId;
      this.#lastAttemptId = before.lastAttemptId;
      throw cause;
    }
  }

  #store({ app, endpoint, made, subjects }: KeptRequest): void {
    this.#lastAttemptId += 1;
    const attempt = this.#lastAttemptId;
    this.#storeAttempt(attempt, made, this.#bodyOf({ endpoint, made, subjects }));
    const redelivered = made.redelivery === undefined ? 0 : 1;
    const status = made.next === 'delivered' ? 2 : made.next === 'give-up' ? 1 : 0;
    for (const { noticeId, position, type, channel, sid, seq, uid, account, eventMs } of subjects) {
      const id = Math.max(this.#lastId + 1, made.atMs * idsPerMs);
      const isNew = this.#insert.run(
        id,
        app,
        endpoint,
        noticeId,
        position,
        type,
        channel,
        sid,
        seq,
        uid ?? null,
        account ?? null,
        eventMs,
        made.atMs,
        redelivered,
        // A delivery that is known by a redelivery alone is not tried again by itself.
        Math.max(status, redelivered),
        attempt,
      );
      if (isNew > 0) {
        this.#rows += 1;
        this.#lastId = id;
        continue;
      }
      const found = this.#find.get(noticeId, endpoint);
      const known = Number(found?.id);
      // A redelivery that fails says nothing about a delivery whose own attempts go on.
      this.#update.run(known, made.atMs, redelivered, redelivered === 1 && status < 2 ? 0 : status);
      // Without this limit, each of the thousand notices of a batch would have thousands of attempts at a receiver that is down for days.
      if (made.next !== 'retry' || Number(found?.attempts) < fixed.deliveryAttemptsMax)
        this.#linkAttempt.run(known, attempt);
    }
  }

  /** The attempt that sent the same body before: a batch that is tried for days is kept once, not once a minute. */
  #bodyOf({ endpoint, made, subjects }: Pick<KeptRequest, 'endpoint' | 'made' | 'subjects'>): number | null {
    const [first] = subjects;
    if (made.attempt === 1 || !made.exchange || !first) return null;
    const before = this.#find.get(first.noticeId, endpoint)?.first_attempt;
    if (typeof before !== 'number') return null;
    return this.#hasBody.get(before, made.exchange.body) ? before : null;
  }

  #storeAttempt(id: number, made: KeptAttempt, bodyOf: number | null): void {
    const { exchange } = made;
    this.#insertAttempt.run(
      id,
      made.attempt,
      made.atMs,
      made.durationMs,
      made.answered ?? null,
      made.stage ?? null,
      made.detail ?? null,
      made.next,
      made.redelivery ?? null,
      exchange ? JSON.stringify(exchange.headers) : null,
      bodyOf === null ? (exchange?.body ?? null) : null,
      exchange?.answer ?? null,
      bodyOf,
    );
  }

  /** Newest first, at most `limit`, before `cursor`; `next` is there as long as there may be more. */
  search(
    filter: DeliveryFilter,
    cursor: number | undefined,
    limit: number,
  ): { deliveries: readonly Delivery[]; next?: number } {
    const { looked, lookedValues, rest, restValues } = searchOf(filter, cursor);
    const rows = this.#database
      .prepare(`SELECT * FROM (${looked}) WHERE ${rest} ORDER BY id DESC LIMIT ?`)
      .all(...lookedValues, ...restValues, limit);
    const deliveries = rows.map(toDelivery);
    const last = rows.at(-1);
    if (last && rows.length >= limit) return { deliveries, next: Number(last.id) };
    const end = this.#database
      .prepare(`SELECT count(*) AS n, min(id) AS id FROM (${looked})`)
      .get(...lookedValues);
    if (Number(end?.n ?? 0) < fixed.deliveryScanMax) return { deliveries };
    return { deliveries, next: Number(end?.id) };
  }

  delivery(endpoint: string, noticeId: string): Delivery | undefined {
    const row = this.#find.get(noticeId, endpoint);
    return row && toDelivery(row);
  }

  /** The delivery of an app with its attempts, at most `limit`, in the order in which they were made. */
  withAttempts(
    app: string,
    endpoint: string,
    noticeId: string,
    limit: number,
    charsMax: number = defaults.deliveryExchangeCharsMax,
  ) {
    const row = this.#find.get(noticeId, endpoint);
    if (row === undefined || row.app !== app) return undefined;
    const rows = this.#selectAttempts.all(Number(row.first_attempt), Number(row.id), limit);
    return { ...toDelivery(row), made: this.#withExchanges(rows, charsMax) };
  }

  /** Requests and answers of the newest attempt and of the oldest, `charsMax` characters of them about. */
  #withExchanges(rows: readonly Row[], charsMax: number): readonly KeptAttempt[] {
    let charsLeft = charsMax;
    const exchangeOf = (row: Row): Pick<KeptAttempt, 'exchange'> => {
      const exchange = charsLeft > 0 ? toExchange(this.#selectExchange.get(Number(row.id))) : undefined;
      if (!exchange) return {};
      charsLeft -= exchange.body.length + exchange.answer.length;
      return { exchange };
    };
    const last = rows.at(-1);
    const newest = last ? exchangeOf(last) : {};
    return rows.map((row) => ({ ...toAttempt(row), ...(row === last ? newest : exchangeOf(row)) }));
  }

  /** Deletes some of what began before `beforeMs` or is beyond `rowsMax`; true if there was as much as it may at one go. */
  retain(beforeMs: number, rowsMax: number): boolean {
    const excess = Math.min(retainRowsMax, this.#rows - rowsMax);
    const byRows = excess > 0 ? this.#deleteOldest(Number.MAX_SAFE_INTEGER, excess) : 0;
    const byAge = this.#deleteOldest(beforeMs * idsPerMs, retainRowsMax);
    // Ids of deliveries and of attempts rise together, so what no delivery needs any more lies before the first that one does.
    const firstKept = this.#firstKept.get()?.first_attempt ?? this.#lastAttemptId + 1;
    const attempts = this.#deleteAttempts.run(firstKept, retainRowsMax);
    return [byRows, byAge, attempts].includes(retainRowsMax);
  }

  #deleteOldest(beforeId: number, limit: number): number {
    const n = Number(this.#countOldest.get(beforeId, limit)?.n ?? 0);
    if (n === 0) return 0;
    this.#database.transaction(() => {
      this.#deleteLinks.run(beforeId, limit);
      this.#deleteDeliveries.run(beforeId, limit);
    });
    this.#rows -= n;
    return n;
  }

  close(): void {
    this.#database.close();
  }
}
