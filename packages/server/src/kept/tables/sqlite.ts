import { Database as BunDatabase, type SQLQueryBindings } from 'bun:sqlite';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import { folderMode, makePrivateFile } from '../../engine/embedded/private-files.ts';

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

/** The tables of a file, and the way to them from those of older versions. */
export interface Format {
  /** Makes the newest tables in an empty file. */
  readonly schema: string;
  /**
   * The first makes a file of version 1 one of version 2, and so on; a file has the version 1 + their number. They are never
   * changed or left out once a server has been landed with them.
   */
  readonly migrations: readonly string[];
}

/** The result of opening an existing file. */
export type Opening =
  | {
      readonly what: 'migrating' | 'migrated';
      readonly path: string;
      readonly from: number;
      readonly to: number;
    }
  /** The file was damaged: it now has the name `aside`, and a new one was begun. */
  | { readonly what: 'set-aside'; readonly path: string; readonly aside: string; readonly reason: string };

export interface OpenOptions extends Format {
  readonly path: string;
  /** The log does not have all of it, so it must be whole after a power cut. */
  readonly isOnlyCopy?: boolean;
  /** Called when an existing file was changed for more than its daily work. */
  readonly onOpening: (opening: Opening) => void;
}

/**
 * Opens a file of tables and gives it to `build`, which prepares what is asked of it. A file of an older version is brought
 * forward in one transaction; a damaged one is set aside under a name, never deleted, and begun anew; one that `build` finds
 * damaged as well. WAL, synchronous OFF unless it is the only copy of something: no fsync may hold up a socket. A killed
 * process loses nothing; after a power cut the file is checked.
 * @throws HousecountError data_newer, and nothing is changed, if a newer server wrote it. Other failures name the file.
 */
export function openTables<Tables>(options: OpenOptions, build: (database: Database) => Tables): Tables {
  const { path } = options;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: folderMode });
    try {
      return buildOn(openFound(options), path, build);
    } catch (cause) {
      if (!isDamage(cause)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      options.onOpening({ what: 'set-aside', path, aside: setAside(path), reason });
      return buildOn(openFound(options), path, build);
    }
  } catch (cause) {
    if (cause instanceof HousecountError) throw cause;
    throw new Error(`${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function buildOn<Tables>(database: BunDatabase, path: string, build: (database: Database) => Tables): Tables {
  try {
    return build(adapt(begin(database), path));
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** A file is damaged: not busy, not full, not forbidden. Opened again, it is set aside. */
export class Damage extends Error {}

const isDamage = (cause: unknown): boolean =>
  cause instanceof Damage ||
  (cause instanceof Error && 'code' in cause && /^SQLITE_(CORRUPT|NOTADB)/.test(String(cause.code)));

/** SQLite's name for a database that is no file at all. */
const inMemory = ':memory:';

/** The file at its newest version: what is there, if it is whole, or made new if there is none. */
function openFound(options: OpenOptions): BunDatabase {
  const { path, schema, migrations, isOnlyCopy = false } = options;
  const version = migrations.length + 1;
  if (path !== inMemory) makePrivateFile(path);
  const database = new BunDatabase(path, { create: true });
  try {
    const found = versionOf(database);
    if (found > version)
      throw new HousecountError(
        'data_newer',
        `${path} has version ${found}, and this server knows none after ${version}. Start the server that wrote it, or a ` +
          'newer one; or put back the backup of before the upgrade.',
      );
    const tables = database.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_master').get()?.n ?? 0;
    // NORMAL: a power cut costs the last moment, which the log has; one fsync for each 4,000 pages.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${isOnlyCopy ? 'NORMAL' : 'OFF'}; PRAGMA wal_autocheckpoint = 4000;`,
    );
    if (tables === 0) {
      inOne(database, version, [schema, 'CREATE TABLE opened (boot TEXT NOT NULL) STRICT;']);
      return database;
    }
    if (found === 0) throw new Damage('its tables were only half made');
    checkAfterCrash(database);
    if (found === version) return database;
    options.onOpening({ what: 'migrating', path, from: found, to: version });
    inOne(database, version, migrations.slice(found - 1));
    options.onOpening({ what: 'migrated', path, from: found, to: version });
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

const versionOf = (database: BunDatabase): number =>
  database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;

/** All of it or nothing, with the version that it leads to. */
function inOne(database: BunDatabase, version: number, steps: readonly string[]): void {
  database.transaction(() => {
    for (const step of steps) database.exec(step);
    database.exec(`PRAGMA user_version = ${version}`);
  })();
}

/** The machine went down while the file was open, or damage was met in it: only then is all of it looked at. */
function checkAfterCrash(database: BunDatabase): void {
  const opened = database.query<{ boot: string }, []>('SELECT boot FROM opened').get();
  if (!opened || opened.boot === bootId()) return;
  const check = database.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check;
  if (check !== 'ok') throw new Damage(check ?? 'it cannot be checked');
}

/** Why a file is damaged, or undefined; all of it is looked at, and nothing changed. */
export function damageOf(path: string): string | undefined {
  let database: BunDatabase | undefined;
  try {
    database = new BunDatabase(path, { readonly: true });
    const check = database.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get()?.quick_check;
    return check === 'ok' ? undefined : (check ?? 'it cannot be checked');
  } catch (cause) {
    if (isDamage(cause)) return cause instanceof Error ? cause.message : String(cause);
    throw cause;
  } finally {
    database?.close();
  }
}

/** Gives the file a name that says since when it is not used, and returns that. It stays a database that tools can read. */
export function setAside(path: string): string {
  const time = new Date().toISOString().replaceAll(':', '-');
  const aside = `${path}.damaged-${time}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
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

function adapt(database: BunDatabase, path: string): Database {
  let isDamaged = false;
  const mark = (boot: string): void => {
    try {
      database.query('UPDATE opened SET boot = ?').run(boot);
    } catch {
      // Damage is met again after the next start; without the mark all of the file is looked at only then.
    }
  };
  /** Damage that is met later is written down, so that the next start finds it, and told with the name of the file. */
  const watched = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      if (!isDamage(cause) || cause instanceof Damage) throw cause;
      isDamaged = true;
      mark('damaged');
      throw new Damage(
        `${path} is damaged: ${cause instanceof Error ? cause.message : String(cause)}. Restart the server: it sets the file aside and begins a new one.`,
        { cause },
      );
    }
  };
  return {
    exec: (sql) => {
      watched(() => database.exec(sql));
    },
    prepare(sql) {
      const statement = watched(() => database.query<Row, SQLQueryBindings[]>(sql));
      return {
        run: (...values) => watched(() => statement.run(...values).changes),
        all: (...values) => watched(() => statement.all(...values)),
        get: (...values) => watched(() => statement.get(...values) ?? undefined),
      };
    },
    transaction(work) {
      try {
        watched(() => database.transaction(work)());
      } finally {
        // Damage that was noted inside the transaction was rolled back with the rest.
        if (isDamaged) mark('damaged');
      }
    },
    close() {
      try {
        if (!isDamaged) database.query('DELETE FROM opened').run();
      } catch {
        // The disk is full: the mark stays, and the file is checked once more than it needs to be.
      } finally {
        database.close();
      }
    },
  };
}
