import { Database as BunDatabase } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import { type Database, type Format, type Opening, openTables } from './sqlite.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (let end = ends.pop(); end; end = ends.pop()) end();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-tables-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const first: Format = { schema: 'CREATE TABLE kept (n INTEGER NOT NULL, text TEXT) STRICT;', migrations: [] };
const third: Format = {
  schema:
    'CREATE TABLE kept (n INTEGER NOT NULL, text TEXT, more INTEGER) STRICT; CREATE INDEX by_n ON kept (n);',
  migrations: ['ALTER TABLE kept ADD COLUMN more INTEGER;', 'CREATE INDEX by_n ON kept (n);'],
};

function open(path: string, format: Format, build: (database: Database) => void = () => {}) {
  const openings: Opening[] = [];
  const database = openTables(
    { ...format, path, onOpening: (opening) => openings.push(opening) },
    (found) => {
      build(found);
      return found;
    },
  );
  return { database, openings };
}

/** A closed file with rows on many pages. */
function fileWith(rows: number, format: Format): string {
  const path = join(newFolder(), 'some.db');
  const { database } = open(path, format);
  const insert = database.prepare('INSERT INTO kept (n, text) VALUES (?, ?)');
  for (let n = 1; n <= rows; n += 1) insert.run(n, 'x'.repeat(1_000));
  database.close();
  return path;
}

/** Overwrites all of the file but its first page, or another part. */
function damage(path: string, from = 4_096): void {
  const bytes = readFileSync(path);
  bytes.fill(0x5a, from);
  writeFileSync(path, bytes);
}

const count = (database: Database) => database.prepare('SELECT count(*) AS n FROM kept').get()?.n;

test('DATA5: tables in memory make no file', () => {
  const [before, folder] = [process.cwd(), newFolder()];
  process.chdir(folder);
  ends.push(() => process.chdir(before));
  open(':memory:', first).database.close();
  expect(readdirSync(folder)).toEqual([]);
});

describe('versions', () => {
  test('DATA2: an older file is brought forward, with what it held', () => {
    const path = fileWith(3, first);
    const { database, openings } = open(path, third);
    ends.push(() => database.close());
    const versions = { path, from: 1, to: 3 };
    expect(openings).toEqual([
      { what: 'migrating', ...versions },
      { what: 'migrated', ...versions },
    ]);
    expect(database.prepare('SELECT n, more FROM kept ORDER BY n').all()).toEqual(
      [1, 2, 3].map((n) => ({ n, more: null })),
    );
    expect(open(path, third).openings).toEqual([]);
  });

  test('DATA2: a step that fails leaves the file as it was, and names it', () => {
    const path = fileWith(3, first);
    const broken = { ...third, migrations: [third.migrations[0] ?? '', 'CREATE INDEX by_n ON nothing (n);'] };
    expect(() => open(path, broken)).toThrow(path);
    const { database, openings } = open(path, first);
    ends.push(() => database.close());
    expect(openings).toEqual([]);
    expect(count(database)).toBe(3);
  });

  test('DATA3: a file of a newer version is refused with both versions, and left as it is', () => {
    const path = fileWith(3, third);
    const before = readFileSync(path);
    let refusal: unknown;
    try {
      open(path, first);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(HousecountError);
    expect(refusal).toMatchObject({ code: 'data_newer' });
    expect(String(refusal)).toContain(`${path} has version 3, and this server knows none after 1`);
    expect(readFileSync(path)).toEqual(before);
    const { database } = open(path, third);
    ends.push(() => database.close());
    expect(count(database)).toBe(3);
  });
});

describe('damage', () => {
  test('DATA4: a file that is no database is set aside, whole', () => {
    const path = join(newFolder(), 'some.db');
    writeFileSync(path, 'no database at all, of no use');
    const { database, openings } = open(path, first);
    ends.push(() => database.close());
    expect(openings).toMatchObject([{ what: 'set-aside', path }]);
    const [opening] = openings;
    expect(readFileSync(opening?.what === 'set-aside' ? opening.aside : '', 'utf8')).toBe(
      'no database at all, of no use',
    );
    expect(count(database)).toBe(0);
  });

  test('DATA4: so is one of which a page is damaged that is read at the opening', () => {
    const path = fileWith(100, first);
    damage(path);
    const { database, openings } = open(path, first, (found) => count(found));
    ends.push(() => database.close());
    expect(openings).toMatchObject([{ what: 'set-aside', path }]);
    expect(count(database)).toBe(0);
  });

  test('DATA4: damage that is met later is told with the name of the file, and the next start sets it aside', () => {
    const path = fileWith(100, first);
    damage(path, readFileSync(path).length / 2);
    const { database, openings } = open(path, first);
    expect(openings).toEqual([]);
    expect(() => database.prepare('SELECT sum(length(text)) FROM kept').get()).toThrow(`${path} is damaged`);
    database.close();
    const again = open(path, first);
    ends.push(() => again.database.close());
    expect(again.openings).toMatchObject([{ what: 'set-aside', path }]);
  });

  test('DATA4: damage is found after a power cut, and a whole file goes on', () => {
    for (const isDamaged of [true, false]) {
      const path = fileWith(100, first);
      const raw = new BunDatabase(path);
      raw.exec("INSERT INTO opened VALUES ('another run of the machine')");
      raw.close();
      if (isDamaged) damage(path, readFileSync(path).length / 2);
      const { database, openings } = open(path, first);
      ends.push(() => database.close());
      expect(openings.map(({ what }) => what)).toEqual(isDamaged ? ['set-aside'] : []);
      expect(count(database)).toBe(isDamaged ? 0 : 100);
    }
  });

  test('DATA4: a file that cannot be opened is not one that is damaged: it stays, and the failure names it', () => {
    const path = fileWith(3, first);
    const folder = join(path, '..');
    // Root may open anything, but nobody opens a folder as a file.
    const other = join(newFolder(), 'folder.db');
    open(join(other, 'inside.db'), first).database.close();
    expect(() => open(other, first)).toThrow(other);
    expect(readdirSync(other)).toContain('inside.db');
    if (process.getuid?.() === 0) return;
    chmodSync(path, 0o000);
    expect(() => open(path, first)).toThrow(path);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });
});
