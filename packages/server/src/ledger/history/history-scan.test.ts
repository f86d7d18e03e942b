import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRecord } from '../../../testing/worlds/records.ts';
import { openTables } from '../../kept/tables/sqlite.ts';
import type { LogEntry, LogRecord } from '../../log/record/record.ts';
import { scanRowsMax } from './history-scan.ts';
import { HistoryTables, historyFormat } from './history-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-scan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = () => join(folder, `${files++}.sqlite`);
const openRaw = (path: string) =>
  openTables({ ...historyFormat, path, onOpening: () => {} }, (database) => database);
const open = (path = newPath()) => HistoryTables.open(path, () => {});

/** Each record opens a life of its own, so that any number of records fits together. */
const opened = (position: number, app: string, atMs = position): LogEntry => ({
  position,
  record: asRecord({
    type: 'channel-opened',
    app,
    channel: 'x',
    sid: `s${position}`,
    seq: 1,
    atMs,
    count: 0,
    profile: 'live',
  }),
});
const mark = (position: number): LogEntry => ({
  position,
  record: { type: 'account-mapped', app: 'a', account: 'x', uid: 1, atMs: 1 } satisfies LogRecord,
});
const positions = (tables: HistoryTables, after: number, limit: number, app = 'a') => {
  const { entries, through, more } = tables.scan.scan({ app, after, limit }, tables.position);
  return { of: entries.map(({ position }) => position), through, more };
};

test('REST34: pages of one app among others; a page stands after its last event, the last at the end', () => {
  const tables = open();
  tables.append([mark(1), opened(2, 'a'), opened(3, 'b'), opened(4, 'a'), mark(5), opened(6, 'b'), mark(7)]);
  expect(positions(tables, 0, 1)).toEqual({ of: [2], through: 2, more: true });
  expect(positions(tables, 2, 1)).toEqual({ of: [4], through: 4, more: true });
  expect(positions(tables, 4, 1)).toEqual({ of: [], through: 7, more: false });
  expect(positions(tables, 0, 9)).toEqual({ of: [2, 4], through: 7, more: false });
  expect(positions(tables, 7, 9, 'b')).toEqual({ of: [], through: 7, more: false });
  expect([tables.scan.sidAt(2), tables.scan.sidAt(1)]).toEqual(['s2', undefined]);
  tables.close();
});

test('REST34: an app with few events among many is found a bounded part at a time', () => {
  const tables = open();
  const total = scanRowsMax * 2 + 1;
  tables.append(Array.from({ length: total }, (_, n) => opened(n + 1, n + 1 === total ? 'a' : 'b')));
  expect(positions(tables, 0, 10)).toEqual({ of: [], through: scanRowsMax, more: true });
  expect(positions(tables, scanRowsMax, 10)).toEqual({ of: [], through: 2 * scanRowsMax, more: true });
  expect(positions(tables, 2 * scanRowsMax, 10)).toEqual({ of: [total], through: total, more: false });
  tables.close();
});

test('REST36: the mark moves with what is deleted, not with what is no event, and survives a restart', () => {
  const path = newPath();
  const tables = open(path);
  expect(tables.trimmed.position).toBe(0);
  tables.append([mark(1), mark(2), ...Array.from({ length: 2_000 }, (_, n) => opened(n + 3, 'a'))]);
  expect(tables.trimmed.position).toBe(0);
  tables.retain(0, 1_500);
  expect(tables.trimmed.position).toBe(2_002 - 1_500);
  expect(positions(tables, tables.trimmed.position, 1).of).toEqual([tables.trimmed.position + 1]);
  tables.close();
  const again = open(path);
  expect([again.trimmed.position, again.trimmed.atMs]).toEqual([502, 502]);
  again.skipTo(9_000, 9_500);
  expect(again.trimmed.position).toBe(9_000);
  again.close();
});

test('REST36: a file from before the mark is taken to have lost all before its oldest event', () => {
  const path = newPath();
  const tables = open(path);
  tables.append([opened(5, 'a'), opened(6, 'a')]);
  tables.close();
  const raw = openRaw(path);
  raw.exec('DROP TABLE forgotten');
  raw.close();
  const again = open(path);
  expect([again.trimmed.position, again.trimmed.atMs]).toEqual([4, 5]);
  again.close();
});

test('REST36: a file whose mark had no time yet keeps its place', () => {
  const path = newPath();
  const tables = open(path);
  tables.append([opened(5, 'a', 50), opened(6, 'a', 60)]);
  tables.close();
  const raw = openRaw(path);
  raw.exec('DROP TABLE forgotten; CREATE TABLE forgotten (position INTEGER NOT NULL) STRICT');
  raw.exec('INSERT INTO forgotten VALUES (3)');
  raw.close();
  const again = open(path);
  expect([again.trimmed.position, again.trimmed.atMs]).toEqual([3, 50]);
  expect([again.positionBefore(50), again.positionBefore(51)]).toEqual([undefined, 5]);
  again.close();
});

test('REST36: when everything has been deleted, what happens since is known, and what was before is not', () => {
  const tables = open();
  tables.append([opened(1, 'a', 100), opened(2, 'a', 200), mark(3)]);
  expect(tables.positionBefore(50)).toBe(0);
  expect(tables.retain(1_000, 1_000)).toBe(false);
  expect([tables.positionBefore(200), tables.positionBefore(201)]).toEqual([undefined, 2]);
  tables.append([opened(4, 'a', 300)]);
  expect([tables.positionBefore(250), tables.positionBefore(301)]).toEqual([2, 4]);
  tables.close();
});
