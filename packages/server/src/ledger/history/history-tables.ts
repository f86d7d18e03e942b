import type { ChannelEvent, Profile } from '@housecount/protocol';
import { isEvent } from '../../channel/decision.ts';
import {
  type Database,
  type Format,
  type Opening,
  openTables,
  type Row,
  type Statement,
} from '../../kept/tables/sqlite.ts';
import { type LogEntry, type LogRecord, liveChangeOf } from '../../log/record/record.ts';
import { HistoryScan, type PlacedEvent } from './history-scan.ts';
import { TrimmedMark } from './trimmed-mark.ts';

/** One life of a channel, from first join to last leave. */
export interface Life {
  readonly app: string;
  readonly channel: string;
  readonly sid: string;
  readonly profile: Profile;
  /** Absent when the opening was before the history begins. */
  readonly openedMs?: number;
  /** Absent while the channel is open. */
  readonly closedMs?: number;
  readonly lastSeq: number;
  /** Joins so far, and the largest number of members at one time. */
  readonly joins: number;
  readonly peak: number;
  /** Cursor of the list of lives. */
  readonly position: number;
}

export interface EventsQuery {
  readonly app: string;
  readonly channel: string;
  readonly sid: string;
  readonly after: number;
  readonly limit: number;
}

const schema = `
  CREATE TABLE events (
    position INTEGER PRIMARY KEY, sid TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_seq ON events (sid, seq);
  CREATE TABLE lives (
    sid TEXT PRIMARY KEY, app TEXT NOT NULL, channel TEXT NOT NULL, profile TEXT NOT NULL,
    opened_ms INTEGER, closed_ms INTEGER, last_seq INTEGER NOT NULL,
    joins INTEGER NOT NULL, peak INTEGER NOT NULL, position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lives_by_channel ON lives (app, channel, position);
  CREATE INDEX lives_by_close ON lives (closed_ms) WHERE closed_ms IS NOT NULL;
  CREATE TABLE cursor (position INTEGER NOT NULL) STRICT;
  INSERT INTO cursor VALUES (0);
`;
export const historyFormat: Format = { schema, migrations: [] };
/** Rows deleted at one go, so that retention never holds up a socket for long; about 5 ms. */
const retainRowsMax = 5_000;

/** The tables of the history and the statements on them. */
export class HistoryTables {
  readonly #database: Database;
  readonly #insertEvent: Statement;
  readonly #upsertLife: Statement;
  readonly #setCursor: Statement;
  readonly #selectEvents: Statement;
  readonly #selectLife: Statement;
  readonly #selectLives: Statement;
  readonly #selectPlaced: Statement;
  readonly #selectPlacedOf: Statement;
  readonly #firstFrom: Statement;
  readonly #deleteEvents: Statement;
  readonly #deleteLives: Statement;
  readonly #newestToDelete: Statement;
  readonly #cutLives: Statement;
  readonly #deleteLaterLives: Statement;
  readonly #deleteLaterEvents: Statement;
  /** The same events by log position. */
  readonly scan: HistoryScan;
  /** The mark of what has been deleted. */
  readonly trimmed: TrimmedMark;
  #position: number;
  /** True if the last append failed: the trouble is the file's, not the log's. */
  broken = false;

  /** @throws as openTables does. */
  static open(path: string, onOpening: (opening: Opening) => void): HistoryTables {
    return openTables({ ...historyFormat, path, onOpening }, (database) => new HistoryTables(database));
  }

  private constructor(database: Database) {
    this.#database = database;
    this.#insertEvent = database.prepare(
      'INSERT INTO events (position, sid, seq, at_ms, json) VALUES (?, ?, ?, ?, ?)',
    );
    this.#upsertLife = database.prepare(`
      INSERT INTO lives VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      ON CONFLICT (sid) DO UPDATE SET closed_ms = coalesce(?6, closed_ms), last_seq = max(last_seq, ?7),
        joins = joins + ?8, peak = max(peak, ?9)`);
    this.#setCursor = database.prepare('UPDATE cursor SET position = ?');
    this.#selectEvents = database.prepare(
      'SELECT json FROM events WHERE sid = ? AND seq > ? ORDER BY seq LIMIT ?',
    );
    this.#selectLife = database.prepare('SELECT * FROM lives WHERE sid = ?');
    this.#selectLives = database.prepare(
      'SELECT * FROM lives WHERE app = ? AND channel = ? AND position < ? ORDER BY position DESC LIMIT ?',
    );
    this.#selectPlaced = database.prepare(
      'SELECT position, json FROM events WHERE position > ? ORDER BY position LIMIT ?',
    );
    this.#selectPlacedOf = database.prepare(
      'SELECT position, json FROM events WHERE sid = ? AND seq > ? ORDER BY seq LIMIT ?',
    );
    this.#firstFrom = database.prepare(
      'SELECT position, at_ms FROM events WHERE position >= ? ORDER BY position LIMIT 1',
    );
    const toDelete = `
      FROM (SELECT position, at_ms FROM events ORDER BY position LIMIT ${retainRowsMax})
      WHERE position <= ?1 OR at_ms < ?2`;
    this.#deleteEvents = database.prepare(
      `DELETE FROM events WHERE position IN (SELECT position ${toDelete})`,
    );
    this.#newestToDelete = database.prepare(
      `SELECT max(position) AS position, max(at_ms) AS at_ms, count(*) AS n ${toDelete}`,
    );
    this.#deleteLives = database.prepare(
      `DELETE FROM lives WHERE sid IN (
         SELECT sid FROM (
           SELECT sid, closed_ms, position FROM lives WHERE closed_ms IS NOT NULL ORDER BY closed_ms LIMIT ${retainRowsMax})
         WHERE position <= ?1 OR closed_ms < ?2)`,
    );
    // The earlier peak of a life whose beginning was deleted is not known: it keeps the one it had.
    this.#cutLives = database.prepare(`
      UPDATE lives SET last_seq = cut.seq - 1, closed_ms = CASE WHEN cut.closed THEN NULL ELSE lives.closed_ms END,
        joins = lives.joins - cut.joins, peak = coalesce((
          SELECT max(json_extract(json, '$.count')) FROM events WHERE sid = lives.sid AND position <= ?1
            AND EXISTS (SELECT 1 FROM events WHERE sid = lives.sid AND seq = 1)), lives.peak)
      FROM (SELECT sid, min(seq) AS seq, sum(json_extract(json, '$.type') = 'member-joined') AS joins,
          max(json_extract(json, '$.type') = 'channel-closed') AS closed
        FROM events WHERE position > ?1 GROUP BY sid) AS cut
      WHERE lives.sid = cut.sid AND lives.position <= ?1`);
    this.#deleteLaterLives = database.prepare('DELETE FROM lives WHERE position > ?');
    this.#deleteLaterEvents = database.prepare('DELETE FROM events WHERE position > ?');
    this.#position = Number(database.prepare('SELECT position FROM cursor').get()?.position ?? 0);
    this.trimmed = new TrimmedMark(database, this.#position);
    this.scan = new HistoryScan(database);
  }

  get position(): number {
    return this.#position;
  }

  /** Takes a batch over, in one transaction; what was taken over before is skipped. */
  append(batch: readonly LogEntry[]): void {
    const fresh = batch.filter(({ position }) => position > this.#position);
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    this.broken = true;
    this.#database.transaction(() => {
      for (const { position, record } of fresh) {
        const event = eventIn(record);
        if (event) this.#insert(position, event);
      }
      this.#setCursor.run(newest.position);
    });
    this.broken = false;
    this.#position = newest.position;
  }

  #insert(position: number, event: ChannelEvent): void {
    const { sid, seq, atMs, app, channel, profile, count } = event;
    this.#insertEvent.run(position, sid, seq, atMs, JSON.stringify(event));
    const closedMs = event.type === 'channel-closed' ? atMs : null;
    const openedMs = event.type === 'channel-opened' ? atMs : null;
    const joins = event.type === 'member-joined' ? 1 : 0;
    this.#upsertLife.run(sid, app, channel, profile, openedMs, closedMs, seq, joins, count, position);
  }

  eventsAfter({ sid, after, limit }: EventsQuery): readonly ChannelEvent[] {
    // The JSON is what #insert wrote.
    return this.#selectEvents
      .all(sid, after, limit)
      .map(({ json }) => JSON.parse(String(json)) as ChannelEvent);
  }

  life(sid: string): Life | undefined {
    const row = this.#selectLife.get(sid);
    return row && toLife(row);
  }

  lives(query: { app: string; channel: string; before?: number; limit: number }): readonly Life[] {
    const before = query.before ?? Number.MAX_SAFE_INTEGER;
    return this.#selectLives.all(query.app, query.channel, before, query.limit).map(toLife);
  }

  /** Events of all apps after a position, in the order of the log. */
  placed(after: number, limit: number): readonly PlacedEvent[] {
    return this.#selectPlaced.all(after, limit).map(toPlaced);
  }

  /** Events of one life after a seq, with their positions. */
  placedOf(sid: string, afterSeq: number, limit: number): readonly PlacedEvent[] {
    return this.#selectPlacedOf.all(sid, afterSeq, limit).map(toPlaced);
  }

  /** The position after which lies what was decided at or after `ms`; undefined if some of that was deleted. */
  positionBefore(ms: number): number | undefined {
    if (this.trimmed.position > 0 && ms <= this.trimmed.atMs) return undefined;
    // Times rise with positions, so the place is found by halving.
    let low = 0;
    let high = this.#position;
    while (low < high) {
      const middle = Math.floor((low + high) / 2) + 1;
      const found = this.#firstFrom.get(middle);
      if (!found || Number(found.at_ms) >= ms) high = middle - 1;
      else low = Number(found.position);
    }
    return Math.max(low, this.trimmed.position);
  }

  /**
   * Deletes what is older than `beforeMs` or beyond `rowsMax` positions back, a bounded part of it at a time; true if
   * there may be more.
   */
  retain(beforeMs: number, rowsMax: number): boolean {
    const lastToDelete = this.#position - rowsMax;
    let deleted = 0;
    this.#database.transaction(() => {
      const newest = this.#newestToDelete.get(lastToDelete, beforeMs);
      deleted = Number(newest?.n ?? 0);
      if (typeof newest?.position === 'number') {
        this.trimmed.move({ position: newest.position, atMs: Number(newest.at_ms) });
        this.#deleteEvents.run(lastToDelete, beforeMs);
      }
      this.#deleteLives.run(lastToDelete, beforeMs);
    });
    return deleted === retainRowsMax;
  }

  /** Sets the cursor without taking over what lies before it, all of it decided by `atMs`. */
  skipTo(position: number, atMs: number): void {
    this.#setCursor.run(position);
    this.trimmed.move({ position, atMs });
    this.#position = position;
  }

  /** Forgets what came after `lastPosition`; of the lives that go on from there, as far as their events tell it. */
  rewind(lastPosition: number): void {
    this.#database.transaction(() => {
      this.#cutLives.run(lastPosition);
      this.#deleteLaterLives.run(lastPosition);
      this.#deleteLaterEvents.run(lastPosition);
      const { position, atMs } = this.trimmed;
      if (position > lastPosition) this.trimmed.move({ position: lastPosition, atMs });
      this.#setCursor.run(lastPosition);
    });
    this.#position = lastPosition;
  }

  close(): void {
    this.#database.close();
  }
}

/** The event that the history keeps of a record; undefined: it keeps none. */
export function eventIn(record: LogRecord): ChannelEvent | undefined {
  const change = liveChangeOf(record);
  return change && isEvent(change) ? change : undefined;
}

/** The JSON is what #insert wrote. */
function toPlaced({ position, json }: Row): PlacedEvent {
  return { position: Number(position), event: JSON.parse(String(json)) as ChannelEvent };
}

function toLife(row: Row): Life {
  return {
    app: String(row.app),
    channel: String(row.channel),
    sid: String(row.sid),
    profile: row.profile === 'communication' ? 'communication' : 'live',
    ...(typeof row.opened_ms === 'number' && { openedMs: row.opened_ms }),
    ...(typeof row.closed_ms === 'number' && { closedMs: row.closed_ms }),
    lastSeq: Number(row.last_seq),
    joins: Number(row.joins),
    peak: Number(row.peak),
    position: Number(row.position),
  };
}
