import type { ChannelEvent } from '@housecount/protocol';
import type { Database, Statement } from '../../kept/tables/sqlite.ts';

/** An event with its position in the log. */
export interface PlacedEvent {
  readonly position: number;
  readonly event: ChannelEvent;
}

export interface Scan {
  readonly entries: readonly PlacedEvent[];
  /** Everything up to here has been looked at. */
  readonly through: number;
  /** True when there are events after `through`, of whatever app. */
  readonly more: boolean;
}

/** Events looked at for one answer, so that an app with few among many holds up nobody; about 10 ms. Chosen. */
export const scanRowsMax = 5_000;

/** The events of the history in the order of the log. */
export class HistoryScan {
  readonly #select: Statement;
  readonly #end: Statement;
  readonly #next: Statement;
  readonly #sid: Statement;

  constructor(database: Database) {
    this.#select = database.prepare(
      `SELECT position, json FROM
         (SELECT position, json FROM events WHERE position > ?1 ORDER BY position LIMIT ${scanRowsMax})
       WHERE json_extract(json, '$.app') = ?2 ORDER BY position LIMIT ?3`,
    );
    this.#end = database.prepare(
      `SELECT position FROM events WHERE position > ? ORDER BY position LIMIT 1 OFFSET ${scanRowsMax - 1}`,
    );
    this.#next = database.prepare('SELECT 1 AS one FROM events WHERE position > ? LIMIT 1');
    this.#sid = database.prepare('SELECT sid FROM events WHERE position = ?');
  }

  /** At most `limit` events of an app after a position; `last` is the position that the history has reached. */
  scan(query: { app: string; after: number; limit: number }, last: number): Scan {
    const entries = this.#select.all(query.after, query.app, query.limit).map(({ position, json }) => ({
      position: Number(position),
      // The JSON is what the history wrote.
      event: JSON.parse(String(json)) as ChannelEvent,
    }));
    const newest = entries.at(-1);
    const isFull = newest !== undefined && entries.length === query.limit;
    const end = isFull ? newest.position : this.#end.get(query.after)?.position;
    if (typeof end !== 'number') return { entries, through: Math.max(last, query.after), more: false };
    return { entries, through: end, more: this.#next.get(end) !== undefined };
  }

  /** The sid of the event at a position; undefined if there is none. */
  sidAt(position: number): string | undefined {
    const sid = this.#sid.get(position)?.sid;
    return typeof sid === 'string' ? sid : undefined;
  }
}
