import { expect, test } from 'bun:test';
import {
  changeMetadata,
  type Metadata,
  type MetadataCommand,
  type MetadataRefusal,
  noMetadata,
  withMetadata,
} from './metadata.ts';

const item = (key: string, value: string, revision = -1) => ({ key, value, revision });
const write = (items: MetadataCommand['items'], more: Partial<MetadataCommand> = {}): MetadataCommand => ({
  type: 'change-metadata',
  mode: 'set',
  items,
  majorRevision: -1,
  author: 'ann',
  addTimeStamp: false,
  addUserId: false,
  lockName: '',
  ...more,
});

/** Decides and folds. */
function after(
  before: Metadata,
  command: MetadataCommand,
  nowMs: number,
  limits = { metadataBytesMax: 40, metadataItemsMax: 5 },
): Metadata | MetadataRefusal {
  const change = changeMetadata(before, command, nowMs, limits);
  return typeof change === 'string' ? change : withMetadata(before, change);
}
function must(before: Metadata, command: MetadataCommand, nowMs: number): Metadata {
  const next = after(before, command, nowMs);
  if (typeof next === 'string') throw new Error(next);
  return next;
}
const values = ({ items }: Metadata) =>
  Object.fromEntries(Object.entries(items).map(([key, { value }]) => [key, value]));

test('SIG6: items are written, kept, overwritten and taken out; every change has a revision of its own', () => {
  const first = must(noMetadata, write([item('a', '1'), item('b', '2')]), 1_000);
  expect(values(first)).toEqual({ a: '1', b: '2' });
  expect(first.majorRevision).toBe(1_000);
  const second = must(first, write([item('a', '3')]), 1_000);
  expect(values(second)).toEqual({ a: '3', b: '2' });
  expect(second.majorRevision).toBe(1_001);
  expect([second.items.a?.revision, second.items.b?.revision]).toEqual([1_001, 1_000]);
  const third = must(second, write([item('b', '')], { mode: 'remove' }), 2_000);
  expect(values(third)).toEqual({ a: '3' });
  const empty = must(third, write([], { mode: 'remove' }), 2_000);
  expect(empty).toEqual({ majorRevision: 2_001, items: {} });
});

test('SIG6: a writer may insist on revisions: of the set first, of each item then, all or nothing', () => {
  const first = must(noMetadata, write([item('a', '1'), item('b', '2')]), 1_000);
  expect(after(first, write([item('a', '9')], { majorRevision: 999 }), 2_000)).toBe('metadata_outdated');
  expect(after(first, write([item('a', '9', 1_000), item('b', '9', 7)]), 2_000)).toBe('metadata_outdated');
  expect(after(first, write([item('new', '9', 5)]), 2_000)).toBe('metadata_outdated');
  const second = must(first, write([item('a', '9', 1_000)], { majorRevision: 1_000 }), 2_000);
  expect(values(second)).toEqual({ a: '9', b: '2' });
});

test('SIG6: update and remove want what they name to be there', () => {
  const first = must(noMetadata, write([item('a', '1')]), 1_000);
  expect(after(first, write([item('a', '2'), item('b', '2')], { mode: 'update' }), 2_000)).toBe(
    'metadata_missing',
  );
  expect(after(first, write([item('b', '')], { mode: 'remove' }), 2_000)).toBe('metadata_missing');
  expect(values(must(first, write([item('a', '2')], { mode: 'update' }), 2_000))).toEqual({ a: '2' });
});

test('SIG6: time and author are noted when asked for, and gone when not', () => {
  const first = must(noMetadata, write([item('a', '1')], { addTimeStamp: true, addUserId: true }), 1_000);
  expect(first.items.a).toEqual({
    ...{ value: '1', revision: 1_000, updatedMs: 1_000, author: 'ann' },
    by: 'ann',
  });
  expect(must(first, write([item('a', '2')]), 2_000).items.a).toEqual({
    ...{ value: '2', revision: 2_000 },
    by: 'ann',
  });
});

test('SIG6: a set has so many bytes; keys that objects have by themselves are keys like others', () => {
  expect(after(noMetadata, write([item('k', 'x'.repeat(40))]), 1_000)).toBe('metadata_full');
  expect(after(noMetadata, write([item('k', 'ü'.repeat(20))]), 1_000)).toBe('metadata_full');
  const first = must(noMetadata, write([item('k', 'x'.repeat(39))]), 1_000);
  expect(after(first, write([item('l', '')]), 2_000)).toBe('metadata_full');
  const odd = must(noMetadata, write([item('__proto__', 'p'), item('toString', 's')]), 1_000);
  expect(Object.keys(odd.items)).toEqual(['__proto__', 'toString']);
  expect(after(noMetadata, write([item('toString', '')], { mode: 'remove' }), 1_000)).toBe(
    'metadata_missing',
  );
});

test('SIG160: a set has so many items, however small they are, and who has as many can go on with them', () => {
  const five = must(noMetadata, write(['a', 'b', 'c', 'd', 'e'].map((key) => item(key, ''))), 1_000);
  expect(after(five, write([item('f', '')]), 2_000)).toBe('metadata_full');
  expect(values(must(five, write([item('e', '1')]), 2_000)).e).toBe('1');
  const four = must(five, write([item('a', '')], { mode: 'remove' }), 2_000);
  expect(Object.keys(must(four, write([item('f', '')]), 3_000).items)).toEqual(['b', 'c', 'd', 'e', 'f']);
});

test('LIMIT12: under limits that were lowered a set stays, and may become smaller', () => {
  const full = must(noMetadata, write(['a', 'b', 'c'].map((key) => item(key, 'x'.repeat(9)))), 1_000);
  const lowered = { metadataBytesMax: 20, metadataItemsMax: 2 };
  const writes = (...items: MetadataCommand['items']) => after(full, write(items), 2_000, lowered);
  expect(writes(item('a', 'x'.repeat(10)))).toBe('metadata_full');
  expect(writes(item('d', ''), item('a', ''))).toBe('metadata_full');
  expect(writes(item('a', 'x'.repeat(8)))).toMatchObject({ items: { a: { value: 'x'.repeat(8) } } });
  expect(writes(item('a', 'y'.repeat(9)))).toMatchObject({ items: { a: { value: 'y'.repeat(9) } } });
});
