import { Database as BunDatabase, type SQLQueryBindings } from 'bun:sqlite';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** A prepared statement. */
export interface Statement {
  /** Gives the number of rows that were inserted, changed or deleted. */
  run(...values: Value[]): number;
  all(...values: Value[]): readonly Row[];
  get(...values: Value[]): Row | undefined;
}

/** SQLite as the read models need it; the only place that knows which binding is used. Synchronous. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Runs `work` in one transaction; takes everything back if it throws. */
  transaction(work: () => void): void;
  /** Writes the WAL back and marks the file as closed in order. */
  close(): void;
}

export interface OpenOptions {
  readonly path: string;
  /** Changed whenever the tables change: a file with another version is made anew. */
  readonly version: number;
  readonly schema: string;
  /** The log does not have all of it: it must be whole after a power cut, and a file that cannot be used is put aside. */
  readonly isOnlyCopy?: boolean;
  /** Called with the reason when an existing file is thrown away, or put aside. */
  readonly onRebuild: (reason: string) => void;
}

/**
 * Opens a read model: a database that can be made again from the log. WAL, synchronous OFF unless it is the only copy of
 * something: no fsync may hold up a socket. A killed process loses nothing; after a power cut the file is checked, and
 * a broken one is thrown away and begun anew.
 */
export function openReadModel(options: OpenOptions): Database {
  const { path } = options;
  mkdirSync(dirname(path), { recursive: true });
  try {
    return adapt(openOrRebuild(options));
  } catch (cause) {
    throw new Error(`${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function openOrRebuild({ path, version, schema, onRebuild, isOnlyCopy = false }: OpenOptions): BunDatabase {
  const found = tryOpen(path, isOnlyCopy);
  const reason = found === undefined ? 'it could not be opened' : unusable(found, version);
  if (found !== undefined && reason === undefined) return begin(found);
  if (reason !== 'new') onRebuild(reason ?? 'it could not be opened');
  found?.close();
  for (const suffix of ['', '-wal', '-shm']) {
    if (isOnlyCopy && reason !== 'new' && existsSync(path + suffix))
      renameSync(path + suffix, `${path}.unusable${suffix}`);
    else rmSync(path + suffix, { force: true });
  }
  const database = configure(new BunDatabase(path, { create: true }), isOnlyCopy);
  database.exec(schema);
  database.exec(`CREATE TABLE opened (boot TEXT NOT NULL) STRICT; PRAGMA user_version = ${version};`);
  return begin(database);
}

function tryOpen(path: string, isOnlyCopy: boolean): BunDatabase | undefined {
  try {
    return configure(new BunDatabase(path, { create: true }), isOnlyCopy);
  } catch {
    return undefined;
  }
}

/** NORMAL: a power cut costs the last moment, which the log has; one fsync for each 4,000 pages. */
function configure(database: BunDatabase, isOnlyCopy: boolean): BunDatabase {
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${isOnlyCopy ? 'NORMAL' : 'OFF'}; PRAGMA wal_autocheckpoint = 4000;`,
  );
  return database;
}

/** Why the file cannot be used: 'new' if it is empty, a sentence otherwise; undefined if it can. */
function unusable(database: BunDatabase, version: number): string | undefined {
  try {
    const found =
      database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
    const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_master').get()?.n ?? 0;
    if (tables === 0) return 'new';
    if (found !== version) return `it has version ${found}, not ${version}`;
    const opened = database.query<{ boot: string }, []>('SELECT boot FROM opened').get();
    // The machine went down while the file was open: only then can synchronous OFF have torn it.
    if (opened && opened.boot !== bootId()) {
      const check = database.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check;
      if (check !== 'ok') return `it is damaged: ${check}`;
    }
    return undefined;
  } catch (cause) {
    return `it is damaged: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

function begin(database: BunDatabase): BunDatabase {
  database.query('DELETE FROM opened').run();
  database.query('INSERT INTO opened (boot) VALUES (?)').run(bootId());
  return database;
}

/** Names this run of the machine; where it cannot be read, every opening after a crash counts as after a power cut. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return crypto.randomUUID();
  }
}

function adapt(database: BunDatabase): Database {
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    prepare(sql) {
      const statement = database.query<Row, SQLQueryBindings[]>(sql);
      return {
        run: (...values) => statement.run(...values).changes,
        all: (...values) => statement.all(...values),
        get: (...values) => statement.get(...values) ?? undefined,
      };
    },
    transaction(work) {
      database.transaction(work)();
    },
    close() {
      try {
        database.query('DELETE FROM opened').run();
      } catch {
        // The disk is full: the mark stays, and the file is checked once more than it needs to be.
      } finally {
        database.close();
      }
    },
  };
}
