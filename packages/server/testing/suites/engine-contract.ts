import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { AppendOutcome, LogStore, Place, StoredRecord, Transaction } from '../../src/engine/contract.ts';

/** The stores that an engine gives the suite: an empty one, and the same one opened again. */
export interface StoreUnderTest {
  readonly store: LogStore;
  /** Stops the store cleanly and opens what it left. */
  reopen(): Promise<LogStore>;
  /** Removes everything. Called once, with the newest store still open. */
  remove(): Promise<void>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const partition = 'main';

/** One transaction of these records. */
export const transaction = (...records: readonly string[]): Transaction =>
  records.map((record) => encoder.encode(record));
/** The stored records, as "position:text". */
export const shown = (records: readonly StoredRecord[]): string[] =>
  records.map(({ position, payload }) => `${position}:${decoder.decode(payload)}`);

/** Appends to the end of the log, if that is after `last`. */
export const appendTo = async (
  store: LogStore,
  name: string,
  transactions: readonly Transaction[],
  last: number,
): Promise<AppendOutcome> =>
  store.append(name, { atMs: 1_000, transactions }, { ...(await store.end(name)), position: last });

/** The outcome of an append that is stored, and ends at this position. */
const storedAt = (position: number): AppendOutcome => ({
  ok: true,
  end: { position, chain: expect.stringMatching(/^[0-9a-f]{32}$/) },
});

/** The promises of LogStore; every engine runs it. */
export function logStoreSuite(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a log store`, () => {
    let under: StoreUnderTest;
    let store: LogStore;

    beforeEach(async () => {
      under = await make();
      store = under.store;
    });
    afterEach(() => under.remove());

    test('LOG1: an empty log has no records, no snapshot and was never alive', async () => {
      expect(store.recovery('main')).toEqual({ lastPosition: 0, cutBytes: 0, lastAliveMs: 0 });
      expect(await store.read(partition, 0, 10)).toEqual([]);
      expect(await store.readSnapshot(partition)).toBeUndefined();
    });

    test('LOG1: positions are dense over transactions and appends, and reading gives the bytes in order', async () => {
      expect(await appendTo(store, partition, [transaction('a', 'b'), transaction('c')], 0)).toEqual(
        storedAt(3),
      );
      expect(await appendTo(store, partition, [transaction(''), transaction('é\0\n')], 3)).toEqual(
        storedAt(5),
      );
      expect(shown(await store.read(partition, 0, 10))).toEqual(['1:a', '2:b', '3:c', '4:', '5:é\0\n']);
    });

    test('LOG1: reading starts after the position, stops at the limit, and is short only at the end', async () => {
      await appendTo(store, partition, [transaction('a', 'b'), transaction('c'), transaction('d')], 0);
      expect(shown(await store.read(partition, 1, 2))).toEqual(['2:b', '3:c']);
      expect(shown(await store.read(partition, 3, 100))).toEqual(['4:d']);
      expect(await store.read(partition, 4, 100)).toEqual([]);
      expect(await store.read(partition, 99, 100)).toEqual([]);
      expect(await store.read(partition, 0, 0)).toEqual([]);
    });

    test('LOG1: a record of 1 MiB comes back whole, also after reopening', async () => {
      const large = 'x'.repeat(1024 * 1024);
      await appendTo(store, partition, [transaction('a'), transaction(large, large), transaction('b')], 0);
      const expected = ['1:a', `2:${large}`, `3:${large}`, '4:b'];
      expect(shown(await store.read(partition, 0, 10))).toEqual(expected);
      store = await under.reopen();
      expect(shown(await store.read(partition, 0, 10))).toEqual(expected);
      expect(shown(await store.read(partition, 3, 10))).toEqual(['4:b']);
    });

    test('LOG1: appending nothing changes nothing', async () => {
      await appendTo(store, partition, [transaction('a')], 0);
      expect(await appendTo(store, partition, [], 1)).toEqual(storedAt(1));
      expect(await appendTo(store, partition, [[], []], 1)).toEqual(storedAt(1));
      expect(shown(await store.read(partition, 0, 10))).toEqual(['1:a']);
    });

    test('LOG2: an append that expects another last position is a conflict and appends nothing', async () => {
      await appendTo(store, partition, [transaction('a', 'b')], 0);
      for (const expected of [0, 1, 3]) {
        expect(await appendTo(store, partition, [transaction('x')], expected)).toEqual({
          ok: false,
          reason: 'conflict',
          end: { position: 2, chain: expect.any(String) },
        });
      }
      expect(shown(await store.read(partition, 0, 10))).toEqual(['1:a', '2:b']);
      expect(await appendTo(store, partition, [transaction('c')], 2)).toEqual(storedAt(3));
    });

    test('LOG2: an append that expects another chain at the right position is a conflict', async () => {
      const begin = await store.end(partition);
      await appendTo(store, partition, [transaction('a')], 0);
      const end = await store.end(partition);
      const batch = { atMs: 1_000, transactions: [transaction('b')] };
      for (const expected of [begin, { position: 1, chain: begin.chain }])
        expect(await store.append(partition, batch, expected)).toEqual({
          ok: false,
          reason: 'conflict',
          end,
        });
      expect(await store.append(partition, batch, end)).toEqual(storedAt(2));
    });

    test('LOG14: the end is a place, each append moves it, and it is the same after reopening', async () => {
      const places = [await store.end(partition)];
      for (let last = 0; last < 30; last += 1) {
        const outcome = await appendTo(store, partition, [transaction('x'.repeat(200))], last);
        const end = await store.end(partition);
        expect(outcome).toEqual({ ok: true, end });
        places.push(end);
      }
      expect(places.map(({ position }) => position)).toEqual(Array.from({ length: 31 }, (_, at) => at));
      expect(new Set(places.map(({ chain }) => chain)).size).toBe(31);
      store = await under.reopen();
      expect(await store.end(partition)).toEqual(places.at(-1) as Place);
    });

    test('LOG1: partitions count by themselves', async () => {
      await appendTo(store, 'one', [transaction('a')], 0);
      await appendTo(store, 'two', [transaction('b')], 0);
      await appendTo(store, 'one', [transaction('c')], 1);
      store = await under.reopen();
      expect(shown(await store.read('one', 0, 10))).toEqual(['1:a', '2:c']);
      expect(shown(await store.read('two', 0, 10))).toEqual(['1:b']);
    });

    test('LOG3: what was acknowledged is there after reopening, and appending goes on', async () => {
      await appendTo(store, partition, [transaction('a', 'b')], 0);
      store = await under.reopen();
      expect(store.recovery('main').lastPosition).toBe(2);
      expect(store.recovery('main').cutBytes).toBe(0);
      await appendTo(store, partition, [transaction('c')], 2);
      store = await under.reopen();
      expect(shown(await store.read(partition, 0, 10))).toEqual(['1:a', '2:b', '3:c']);
    });

    test('LOG1: readers see whole appends only, while appends go on', async () => {
      const payload = 'x'.repeat(100);
      let last = 0;
      let appending = true;
      let moved = (): void => undefined;
      const appends = (async () => {
        for (let i = 0; i < 100; i += 1) {
          const outcome = await appendTo(
            store,
            partition,
            [transaction(`${last + 1}`, `${last + 2}${payload}`)],
            last,
          );
          if (!outcome.ok) throw new Error(outcome.reason);
          last = outcome.end.position;
          moved();
        }
        appending = false;
        moved();
      })();
      let next = 1;
      while (appending || next <= last) {
        const known = last;
        const records = await store.read(partition, next - 1, 7);
        if (records.length < 7) expect(next - 1 + records.length).toBeGreaterThanOrEqual(known);
        for (const { position, payload: bytes } of records) {
          expect(position).toBe(next);
          expect(Number.parseInt(decoder.decode(bytes), 10)).toBe(next);
          next += 1;
        }
        if (appending && next > last) {
          await new Promise<void>((resolve) => {
            moved = resolve;
          });
        }
      }
      await appends;
      expect(next).toBe(201);
    });

    test('LOG8: a snapshot comes back line by line, and the newest one is read', async () => {
      await appendTo(store, partition, [transaction('a', 'b', 'c')], 0);
      await store.writeSnapshot(partition, 1, ['old']);
      const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${'☂'.repeat(i % 100)}`);
      await store.writeSnapshot(partition, 3, lines);
      store = await under.reopen();
      const snapshot = await store.readSnapshot(partition);
      expect(snapshot?.position).toBe(3);
      expect(await collect(snapshot?.lines)).toEqual(lines);
    });

    test('LOG8: a snapshot may be empty', async () => {
      await store.writeSnapshot(partition, 0, []);
      const snapshot = await store.readSnapshot(partition);
      expect(snapshot?.position).toBe(0);
      expect(await collect(snapshot?.lines)).toEqual([]);
    });

    test('LOG9: trim keeps everything after the position, and what is deleted is refused by name', async () => {
      for (let last = 0; last < 200; last += 1) {
        await appendTo(store, partition, [transaction(`${last + 1} ${'x'.repeat(200)}`)], last);
      }
      await store.trim(partition, 150, Number.MAX_SAFE_INTEGER);
      for (const when of ['at once', 'after reopening']) {
        if (when === 'after reopening') store = await under.reopen();
        expect((await store.read(partition, 150, 1000)).map(({ position }) => position)).toEqual(
          Array.from({ length: 50 }, (_, i) => 151 + i),
        );
        // Whole segments go, so an engine may keep more; but never show a part as the whole.
        const all = await store.read(partition, 0, 1000).then(
          (records) => records.length,
          (error) => error.code,
        );
        expect([200, 'no_longer_kept']).toContain(all);
      }
      expect((await appendTo(store, partition, [transaction('next')], 200)).ok).toBe(true);
    });

    test('LOG9: trim keeps what is not old enough', async () => {
      for (let last = 0; last < 100; last += 1) {
        await appendTo(store, partition, [transaction('x'.repeat(200))], last);
      }
      await store.trim(partition, 100, 0);
      expect((await store.read(partition, 0, 1000)).length).toBe(100);
    });

    test('LOG13: it knows what is kept, and what lies further back than so many bytes', async () => {
      expect(await store.first(partition)).toBe(1);
      expect(await store.beyond(partition, 0)).toBe(0);
      for (let last = 0; last < 200; last += 1) {
        await appendTo(store, partition, [transaction('x'.repeat(200))], last);
      }
      for (const when of ['at once', 'after reopening']) {
        if (when === 'after reopening') store = await under.reopen();
        expect(await store.beyond(partition, 200 * 1000)).toBe(0);
        const beyond = await store.beyond(partition, 20_000);
        // The 20,000 bytes hold fewer than 100 records, and are kept in any case.
        expect(beyond).toBeLessThanOrEqual(200 - 1);
        expect(beyond).toBeGreaterThanOrEqual(0);
        expect(await store.beyond(partition, 10_000)).toBeGreaterThanOrEqual(beyond);
      }
      const beyond = await store.beyond(partition, 20_000);
      await store.trim(partition, beyond, Number.MAX_SAFE_INTEGER);
      const first = await store.first(partition);
      expect(first).toBe(beyond + 1);
      expect((await store.read(partition, first - 1, 1000)).length).toBe(200 - beyond);
    });

    test('LOG10: the time of the last sign of life survives', async () => {
      const sometime = 4_000_000_000_000;
      await store.markAlive('main', sometime - 5000);
      await store.markAlive('main', sometime);
      store = await under.reopen();
      expect(store.recovery('main').lastAliveMs).toBeGreaterThanOrEqual(sometime);
      expect(store.recovery('main').lastAliveMs).toBeLessThan(sometime + 60_000);
    });

    test('LOG10: opening and closing alone is no sign of life: a start that fails hears nobody', async () => {
      await store.markAlive('main', 1_000);
      store = await under.reopen();
      store = await under.reopen();
      expect(store.recovery('main').lastAliveMs).toBe(1_000);
    });
  });
}

async function collect(lines: AsyncIterable<string> | undefined): Promise<string[]> {
  const collected: string[] = [];
  for await (const line of lines ?? []) collected.push(line);
  return collected;
}
