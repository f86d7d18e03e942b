import type { RosterStore } from './store.ts';

/** The part of `node:sqlite`, `bun:sqlite` and better-sqlite3 that the store needs. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    get(...values: (string | number)[]): unknown;
    run(...values: (string | number)[]): { readonly changes: number | bigint };
  };
}

/**
 * Keeps channels in one table of a SQLite database, made if it is not there. Processes on one machine may share the file:
 * open it with a busy timeout. Each save writes the whole channel, some 100 bytes a member.
 */
export function sqliteStore(database: SqliteDatabase): RosterStore {
  database.exec(
    'CREATE TABLE IF NOT EXISTS housecount_rosters (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL)',
  );
  const select = database.prepare('SELECT value, version FROM housecount_rosters WHERE key = ?');
  const insert = database.prepare('INSERT OR IGNORE INTO housecount_rosters VALUES (?, ?, 1)');
  const update = database.prepare(
    'UPDATE housecount_rosters SET value = ?, version = version + 1 WHERE key = ? AND version = ?',
  );
  return {
    load: (key) => (select.get(key) as { value: string; version: number } | null | undefined) ?? undefined,
    save(key, value, version) {
      const text = JSON.stringify(value);
      const { changes } = version === 0 ? insert.run(key, text) : update.run(text, key, version);
      return Number(changes) === 1;
    },
  };
}
