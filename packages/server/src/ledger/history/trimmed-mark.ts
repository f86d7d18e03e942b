import type { Database, Statement } from '../../kept/tables/sqlite.ts';

/** The point up to which events of the history may have been deleted: a position of the log, and the time of its decision. */
export interface Trimmed {
  readonly position: number;
  /** Epoch milliseconds; 0: nothing was deleted. */
  readonly atMs: number;
}

/** The one mark that says what the history no longer has, kept in its file. */
export class TrimmedMark {
  readonly #set: Statement;
  #trimmed: Trimmed;

  /** `position`: how far the history has come, for a file that was made before it kept this mark. */
  constructor(database: Database, position: number) {
    database.exec('CREATE TABLE IF NOT EXISTS forgotten (position INTEGER NOT NULL) STRICT');
    const columns = database.prepare("SELECT name FROM pragma_table_info('forgotten')").all();
    // No migration: servers that knew of none would begin a file of another version anew.
    if (!columns.some(({ name }) => name === 'at_ms'))
      database.exec('ALTER TABLE forgotten ADD COLUMN at_ms INTEGER');
    const oldest = database.prepare('SELECT position, at_ms FROM events ORDER BY position LIMIT 1').get();
    const mark = database.prepare('SELECT position, at_ms FROM forgotten').get();
    if (mark === undefined) database.exec('INSERT INTO forgotten VALUES (0, 0)');
    this.#set = database.prepare('UPDATE forgotten SET position = ?, at_ms = ?');
    const known = mark?.position ?? (oldest ? Number(oldest.position) - 1 : position);
    this.#trimmed = { position: Number(known), atMs: Number(mark?.at_ms ?? oldest?.at_ms ?? 0) };
    this.move(this.#trimmed);
  }

  get position(): number {
    return this.#trimmed.position;
  }

  get atMs(): number {
    return this.#trimmed.atMs;
  }

  /** Moves the mark. Called in the transaction that deletes. */
  move(trimmed: Trimmed): void {
    this.#set.run(trimmed.position, trimmed.atMs);
    this.#trimmed = trimmed;
  }
}
