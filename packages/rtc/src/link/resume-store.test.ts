import { expect, test } from 'bun:test';
import { type ResumeRecord, type ResumeStorage, saveResume, takeResume } from './resume-store.ts';

const store = (initial?: string): ResumeStorage & { readonly map: Map<string, string> } => {
  const map = new Map<string, string>(initial === undefined ? [] : [['housecount.resume', initial]]);
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
};
const record: ResumeRecord = {
  server: 'http://h',
  app: 'a',
  channel: 'c',
  uid: 5,
  connectionId: 'k',
  resume: 'key',
};
const badAttempt = JSON.stringify([{ ...record, attempt: 'first' }]);
const query = { server: 'http://h', app: 'a', channel: 'c' };

test('SDK11: a record is taken once, by a join of the same server, app, channel and uid or of no uid', () => {
  for (const join of [query, { ...query, uid: 0 }, { ...query, uid: 5 }]) {
    const storage = store();
    saveResume(storage, record);
    expect(takeResume(storage, join)).toEqual(record);
    expect(takeResume(storage, join)).toBeUndefined();
    expect(storage.map.size).toBe(0);
  }
});

test('SDK11: a join of somebody else or elsewhere does not take it', () => {
  for (const join of [
    { ...query, uid: 6 },
    { ...query, account: 'ann' },
    { ...query, channel: 'd' },
    { ...query, app: 'b' },
    { ...query, server: 'http://i' },
  ] as const) {
    const storage = store();
    saveResume(storage, record);
    expect(takeResume(storage, join)).toBeUndefined();
  }
});

test('SDK11: a string uid is taken by its own name only', () => {
  const storage = store();
  saveResume(storage, { ...record, account: 'ann' });
  expect(takeResume(storage, { ...query, uid: 5 })).toBeUndefined();
  expect(takeResume(storage, query)).toBeUndefined();
  expect(takeResume(storage, { ...query, account: 'ann' })?.uid).toBe(5);
});

test('BACK7: a record keeps the number of its last attempt, if there was one', () => {
  const storage = store();
  saveResume(storage, { ...record, attempt: 3 });
  saveResume(storage, record);
  expect([takeResume(storage, query)?.attempt, takeResume(storage, query)?.attempt]).toEqual([3, undefined]);
});

for (const bad of ['', '{', '5', 'null', '[null,5,{}]', '[{"server":1}]', badAttempt])
  test(`SDK11: a store that holds ${JSON.stringify(bad)} holds nothing`, () => {
    const storage = store(bad);
    expect(takeResume(storage, query)).toBeUndefined();
    saveResume(storage, record);
    expect(takeResume(storage, query)).toEqual(record);
  });

test('SDK11: the store is bounded, and a full one costs only the resumption', () => {
  const storage = store();
  for (let uid = 1; uid <= 40; uid++) saveResume(storage, { ...record, uid });
  expect(JSON.parse(storage.getItem('housecount.resume') ?? '')).toHaveLength(32);
  const full: ResumeStorage = {
    ...store(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  saveResume(full, record);
});
