import { createHash } from 'node:crypto';
import type { Logger } from '../../observe/contract.ts';
import type { KeptTerm, Revision } from '../contract.ts';
import { type Database, type Format, openTables, type Row, type Value as SqlValue } from './sqlite.ts';
import { tellOpening } from './tell-opening.ts';

/** How values stand in the table: `key` and `begunMs` are columns of it, and those of the values. */
export interface TermFormat<Value> extends Format {
  readonly table: string;
  readonly columns: { readonly key: string; readonly begunMs: string; readonly values: readonly string[] };
  /** The column whose bytes count as those of the value. */
  readonly bytesOf: string;
  readonly toRow: (value: Value) => readonly SqlValue[];
  readonly fromRow: (row: Row) => Value;
}

export interface TermBounds {
  /** Time for which a key is kept after it was begun, milliseconds. */
  readonly keptMs: number;
  /** The number of keys that are kept; beyond it the oldest are forgotten. */
  readonly keysMax: number;
  /** Bytes of the values together; the same happens. */
  readonly bytesMax: number;
}

/** A table of values by key, in a file of its own. Two handles of one file are two writers. */
export class TermTable<Value> implements KeptTerm<Value> {
  readonly #database: Database;
  readonly #format: TermFormat<Value>;
  readonly #bounds: TermBounds;
  readonly #find;
  readonly #begin;
  readonly #change;
  readonly #forget;
  readonly #forgetBefore;
  readonly #forgetOldest;
  readonly #measure;
  /** Rows and bytes of values in the file, as far as they are known here. */
  #size = { keys: 0, bytes: 0 };

  /** `lost`: what a damaged file costs, as sentences. @throws as openTables does. */
  static open<Value>(
    path: string,
    format: TermFormat<Value>,
    { logger, bounds, lost }: { readonly logger: Logger; readonly bounds: TermBounds; readonly lost: string },
  ): TermTable<Value> {
    const { schema, migrations } = format;
    const onOpening = tellOpening(logger, lost);
    return openTables(
      { schema, migrations, path, isOnlyCopy: true, onOpening },
      (database) => new TermTable(database, format, bounds),
    );
  }

  private constructor(database: Database, format: TermFormat<Value>, bounds: TermBounds) {
    this.#database = database;
    this.#format = format;
    this.#bounds = bounds;
    const { table, bytesOf } = format;
    const { key, begunMs, values } = format.columns;
    const columns = values.join(', ');
    this.#find = database.prepare(`SELECT ${begunMs} AS begunMs, ${columns} FROM ${table} WHERE ${key} = ?`);
    const marks = ['?', '?', ...values.map(() => '?')].join(', ');
    this.#begin = database.prepare(`INSERT INTO ${table} (${key}, ${begunMs}, ${columns}) VALUES (${marks})`);
    const set = values.map((name) => `${name} = ?`).join(', ');
    this.#change = database.prepare(`UPDATE ${table} SET ${set} WHERE ${key} = ?`);
    this.#forget = database.prepare(`DELETE FROM ${table} WHERE ${key} = ?`);
    this.#forgetBefore = database.prepare(`DELETE FROM ${table} WHERE ${begunMs} < ?`);
    this.#forgetOldest = database.prepare(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} ORDER BY ${begunMs} LIMIT ?)`,
    );
    this.#measure = database.prepare(
      `SELECT count(*) AS keys, coalesce(sum(length(CAST(${bytesOf} AS BLOB))), 0) AS bytes FROM ${table}`,
    );
    this.#count();
  }

  async get(key: string, nowMs: number) {
    const row = this.#row(key, nowMs);
    return { value: row && this.#format.fromRow(row), revision: revisionOf(row) };
  }

  async compareAndSet(
    key: string,
    { expected, next, nowMs }: Parameters<KeptTerm<Value>['compareAndSet']>[1],
  ): Promise<Revision | undefined> {
    let revision: Revision | undefined;
    // Reading and writing are one, also where another handle has the file.
    this.#database.transaction(() => {
      const row = this.#row(key, nowMs);
      if (revisionOf(row) !== expected) return;
      this.#set(key, next, { row, nowMs });
      revision = revisionOf(this.#row(key, nowMs));
    });
    return revision;
  }

  close(): void {
    this.#database.close();
  }

  #set(
    key: string,
    next: Value | undefined,
    { row, nowMs }: { readonly row: Row | undefined; readonly nowMs: number },
  ): void {
    if (next === undefined) this.#size.keys -= this.#forget.run(key);
    else if (row) this.#change.run(...this.#format.toRow(next), key);
    else {
      this.#makeRoom(nowMs);
      this.#begin.run(key, nowMs, ...this.#format.toRow(next));
      this.#size.keys += 1;
    }
    const after = next === undefined ? undefined : this.#row(key, nowMs);
    this.#size.bytes += this.#bytesOf(after) - this.#bytesOf(row);
  }

  #row(key: string, nowMs: number): Row | undefined {
    const row = this.#find.get(key);
    // What is older is forgotten only when room is made, which may be long after it is too old.
    return row && Number(row.begunMs) >= nowMs - this.#bounds.keptMs ? row : undefined;
  }

  #bytesOf(row: Row | undefined): number {
    return Buffer.byteLength(String(row?.[this.#format.bytesOf] ?? ''));
  }

  #makeRoom(nowMs: number): void {
    const { keptMs, keysMax, bytesMax } = this.#bounds;
    const isFull = this.#size.keys >= keysMax || this.#size.bytes > bytesMax;
    if (this.#forgetBefore.run(nowMs - keptMs) === 0 && !isFull) return;
    this.#count();
    while (this.#size.keys >= keysMax || this.#size.bytes > bytesMax) {
      // A hundredth at a time, so that a full file is not measured at each request.
      this.#forgetOldest.run(Math.ceil(keysMax / 100));
      this.#count();
    }
  }

  #count(): void {
    const found = this.#measure.get();
    this.#size = { keys: Number(found?.keys ?? 0), bytes: Number(found?.bytes ?? 0) };
  }
}

const revisionOf = (row: Row | undefined): Revision =>
  row ? createHash('sha256').update(JSON.stringify(row)).digest('base64') : 'none';
