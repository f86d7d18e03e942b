import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Roster } from '../src/roster/roster.ts';
import { RosterError } from '../src/roster/roster-error.ts';
import { type RunScript, redisStore } from '../src/roster/stores/redis-store.ts';
import { sqliteStore } from '../src/roster/stores/sqlite-store.ts';
import { memoryStore, type RosterStore } from '../src/roster/stores/store.ts';
import { storeSuite, type WithStore } from './store-suite.ts';
import { noticeOf, Truth } from './truth.ts';

/** Does what Redis does for the two scripts of the store, and refuses any other. */
function fakeRedis(): RunScript {
  const hashes = new Map<string, { value: string; version: string }>();
  return async (script, [key = '', ...more], args) => {
    expect(more).toEqual([]);
    const hash = hashes.get(key);
    if (script.includes('HMGET')) return [hash?.value ?? null, hash?.version ?? null];
    if (!script.includes('HSET')) throw new Error('no such script');
    const [value = '', expected = '', version = '', keepMs] = args;
    expect(keepMs).toBe(String(7 * 24 * 3600 * 1000));
    if ((hash?.version ?? '0') !== expected) return 0;
    hashes.set(key, { value, version });
    return 1;
  };
}

const withFile = async (use: (open: () => RosterStore) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-roster-'));
  const databases: Database[] = [];
  try {
    await use(() => {
      const database = new Database(join(folder, 'rosters.db'));
      databases.push(database);
      return sqliteStore(database);
    });
  } finally {
    for (const database of databases) database.close();
    rmSync(folder, { recursive: true });
  }
};
const kinds: [string, WithStore][] = [
  [
    'memory',
    (use) => {
      const store = memoryStore();
      return use(() => store);
    },
  ],
  ['SQLite', withFile],
  [
    'Redis',
    (use) => {
      const run = fakeRedis();
      return use(() => redisStore(run));
    },
  ],
];

for (const [name, run] of kinds) storeSuite(name, run);

describe('a store', () => {
  test('HOOK42: a memory store forgets empty channels first, and refuses when all have members', async () => {
    const roster = new Roster({ store: memoryStore({ channelsMax: 2 }) });
    const truths = ['a', 'b', 'c', 'd'].map((name) => new Truth(name));
    const [a, b, c, d] = truths;
    if (!a || !b || !c || !d) throw new Error('there are four');
    const take = async (truth: Truth, does: 'join' | 'close') => {
      for (const event of truth.step({ does, pick: 1 })) await roster.take(noticeOf(event));
    };
    await take(a, 'join');
    await take(b, 'join');
    await expect(take(c, 'join')).rejects.toMatchObject({ code: 'store_full' });
    await take(a, 'close');
    await take(d, 'join');
    expect([await roster.count('b'), await roster.count('d')]).toEqual([1, 1]);
  });

  test.each([['{'], ['{"mode":"other"}'], ['{"mode":"numbered"}'], ['null']])(
    'HOOK42: %s from a store is refused',
    async (value) => {
      const store = { load: () => ({ value, version: 1 }), save: () => true };
      const refused = await new Roster({ store }).count('x').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(RosterError);
      expect(refused).toMatchObject({ code: 'store_corrupt' });
    },
  );

  test('HOOK42: a store that never lets anybody save is given up with a code', async () => {
    const [event] = new Truth('x').step({ does: 'join', pick: 1 });
    if (!event) throw new Error('there is an event');
    const roster = new Roster({ store: { load: () => undefined, save: () => false } });
    await expect(roster.take(noticeOf(event))).rejects.toMatchObject({ code: 'store_contended' });
  });

  test('HOOK42: the error that the store throws is the answer to every notice that waited for it', async () => {
    const [event] = new Truth('x').step({ does: 'join', pick: 1 });
    if (!event) throw new Error('there is an event');
    let down = true;
    const inner = memoryStore();
    const load = (key: string) => {
      if (down) throw new Error('away');
      return inner.load(key);
    };
    const roster = new Roster({ store: { ...inner, load } });
    await expect(roster.take(noticeOf(event))).rejects.toThrow('away');
    down = false;
    expect((await roster.take(noticeOf(event))).applied).toBe(true);
  });
});
