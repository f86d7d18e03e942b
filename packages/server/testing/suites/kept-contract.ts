import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type {
  Kept,
  KeptJournal,
  KeptJournalOptions,
  KeptMap,
  KeptMapOptions,
  KeptState,
  KeptTerm,
  Placed,
} from '../../src/kept/contract.ts';

/** A room of small durable state for the suite: an empty one, and the same one after a crash of the process. */
export interface KeptUnderTest {
  readonly kept: Kept;
  /** Ends the process in the middle of whatever it does; gives the room to the next one. */
  crash(): Promise<Kept>;
  /** Room that is taken by what is kept under a name, bytes. */
  bytes(name: string): number;
  /** Damages what is kept under a name, in the middle of it. */
  damage(name: string): Promise<void>;
  /** Removes everything. */
  remove(): Promise<void>;
}

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const bytesOf = (of: string) => new TextEncoder().encode(of);
const isNumber = (value: unknown): value is number => typeof value === 'number';
const mapOptions: KeptMapOptions<number> = {
  isValue: isNumber,
  damaged: () => new Error('damaged'),
  rewriteBytesMin: 1_000,
};
const journalOptions = (over: Partial<KeptJournalOptions<string>> = {}): KeptJournalOptions<string> => ({
  title: 'The test journal',
  bytesMax: 10_000,
  onEntry: () => {},
  ...over,
});

/** Changes of these keys, from what they are now. */
const changesOf = <Value>(map: KeptMap<Value>, values: readonly (readonly [string, Value])[]) =>
  values.map(([key, value]) => ({ key, value, expected: map.revision(key) }));

/** One of many writers, which tries until nobody else was faster: adds 1. Gives the number of its tries. */
async function increment(state: KeptState<Uint8Array>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const { value, revision } = await state.get();
    const next = bytesOf(String(Number(text(value) ?? 0) + 1));
    if ((await state.compareAndSet(revision, next)) !== undefined) return tries;
  }
}

const revision = expect.any(String);

async function placedIn(journal: KeptJournal<string>, after = 0): Promise<Placed<string>[]> {
  const found: Placed<string>[] = [];
  for await (const placed of journal.placed(after)) found.push(placed);
  return found;
}

const entriesIn = async (journal: KeptJournal<string>, after = 0) =>
  (await placedIn(journal, after)).map(({ entry }) => entry);

/** The promises of Kept; every implementation runs it. */
export function keptSuite(name: string, make: () => Promise<KeptUnderTest>): void {
  describe(`${name} keeps the contract of small durable state`, () => {
    let under: KeptUnderTest;
    let kept: Kept;

    beforeEach(async () => {
      under = await make();
      kept = under.kept;
    });
    afterEach(() => under.remove());

    test('DELIV2: bytes are there as they were put last, also after a crash, until they are removed', async () => {
      const file = kept.bytes('folder/a');
      expect(await file.read()).toBeUndefined();
      await file.remove();
      await file.put(bytesOf('first'));
      await file.put([bytesOf('sec'), bytesOf('ond')]);
      kept = await under.crash();
      expect(text(await kept.bytes('folder/a').read())).toBe('second');
      await kept.bytes('folder/a').remove();
      kept = await under.crash();
      expect(await kept.bytes('folder/a').read()).toBeUndefined();
    });

    test('DELIV2: a folder lists the names below it, and one that is not there none', async () => {
      await kept.bytes('folder/a').put(bytesOf('a'));
      await kept.value('folder/b').put(1);
      await kept.value('other').put(1);
      expect([...(await kept.list('folder'))].sort()).toEqual(['a', 'b']);
      expect(await kept.list('nowhere')).toEqual([]);
    });

    test('DELIV3: a value is none, whole or damaged, and what is damaged is not none', async () => {
      expect(await kept.value('v').read()).toEqual({ is: 'none', revision });
      await kept.value('v').put({ version: 1, names: ['ü'] });
      await kept.value('v').put({ version: 2, names: ['\u2028'] });
      kept = await under.crash();
      expect(await kept.value('v').read()).toEqual({
        is: 'whole',
        value: { version: 2, names: ['\u2028'] },
        revision,
      });
      await under.damage('v');
      expect(await kept.value('v').read()).toEqual({ is: 'damaged', revision });
      await kept.value('v').remove();
      expect(await kept.value('v').read()).toEqual({ is: 'none', revision });
    });

    test('DELIV6: of two who change the same state one is faster, and the other hears of it and changes nothing', async () => {
      const [one, other] = [kept.bytes('folder/s'), kept.bytes('folder/s')];
      const none = await one.get();
      expect(none.value).toBeUndefined();
      const outcomes = await Promise.all([
        one.compareAndSet(none.revision, bytesOf('one')),
        other.compareAndSet(none.revision, bytesOf('other')),
      ]);
      expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
      const winner = outcomes[0] === undefined ? 'other' : 'one';
      kept = await under.crash();
      const state = kept.bytes('folder/s');
      const now = await state.get();
      expect([text(now.value), now.revision]).toEqual([winner, outcomes[0] ?? outcomes[1] ?? '']);
      // What is replaced, or removed, is another state to whoever had read it.
      await state.put(bytesOf('third'));
      expect(await state.compareAndSet(now.revision, undefined)).toBeUndefined();
      expect(text(await state.read())).toBe('third');
      expect(await state.compareAndSet((await state.get()).revision, undefined)).toBe(none.revision);
      expect(await state.read()).toBeUndefined();
    });

    test('DELIV6: two writers lose none of their changes, and neither stands still for the other', async () => {
      const writer = async (): Promise<number> => {
        let tries = 0;
        for (let round = 0; round < 50; round += 1) tries += await increment(kept.bytes('s'));
        return tries;
      };
      const tries = await Promise.all([writer(), writer()]);
      expect(text(await kept.bytes('s').read())).toBe('100');
      // They did meet.
      expect(Math.max(...tries)).toBeGreaterThan(50);
    });

    test('DELIV6: a value is replaced from what was read, also from nothing and from damage', async () => {
      const value = kept.value('v');
      const none = await value.read();
      const first = await value.compareAndSet(none.revision, { n: 1 });
      expect(first).toBeDefined();
      expect(await kept.value('v').compareAndSet(none.revision, { n: 2 })).toBeUndefined();
      expect(await value.read()).toEqual({ is: 'whole', value: { n: 1 }, revision: first ?? '' });
      await under.damage('v');
      const damaged = await value.read();
      expect(damaged.is).toBe('damaged');
      expect(await value.compareAndSet(first ?? '', { n: 3 })).toBeUndefined();
      expect(await value.compareAndSet(damaged.revision, { n: 4 })).toBeDefined();
      expect(await value.read()).toMatchObject({ is: 'whole', value: { n: 4 } });
    });

    test('DELIV6: of two who change the same key of a map one is faster; other keys are nobody’s concern', async () => {
      const map = await kept.map('m', mapOptions);
      await map.put(changesOf(map, [['a', 0]]));
      const [one, other] = [
        changesOf(map, [['a', 1]]),
        changesOf(map, [
          ['a', 2],
          ['b', 2],
        ]),
      ];
      expect(await Promise.all([map.note(one, true), map.note(other, true)])).toMatchObject([
        { refused: [] },
        { refused: ['a'] },
      ]);
      expect(Object.fromEntries(map.values)).toEqual({ a: 1, b: 2 });
      // Put changes all or none.
      expect(await map.put([...one, ...changesOf(map, [['c', 3]])])).toBe(false);
      expect(await map.remove('a', one[0]?.expected ?? '')).toBe(false);
      expect(Object.fromEntries(map.values)).toEqual({ a: 1, b: 2 });
      // A key that is removed and comes again is another than it was.
      const stale = changesOf(map, [['a', 9]]);
      expect(await map.remove('a', map.revision('a'))).toBe(true);
      await map.put(changesOf(map, [['a', 1]]));
      expect(await map.put(stale)).toBe(false);
      kept = await under.crash();
      const again = await kept.map('m', mapOptions);
      expect(Object.fromEntries(again.values)).toEqual({ a: 1, b: 2 });
      await again.close();
    });

    test('DELIV4: of a map the newest value of each key counts, put or noted, after a crash too', async () => {
      const map = await kept.map('m', mapOptions);
      expect([map.isNew, map.cutBytes, map.values.size]).toEqual([true, 0, 0]);
      const first = (['a', 'b', 'c'] as const).map((key) => [key, 1] as const);
      expect(await map.put(changesOf(map, first))).toBe(true);
      await map.note(changesOf(map, [['a', 2]]), false);
      await map.note(changesOf(map, [['a', 3]]), true);
      expect(await map.remove('c', map.revision('c'))).toBe(true);
      await map.note(changesOf(map, [['b', 4]]), false);
      expect(Object.fromEntries(map.values)).toEqual({ a: 3, b: 4 });
      kept = await under.crash();
      const again = await kept.map('m', mapOptions);
      expect([again.isNew, Object.fromEntries(again.values)]).toEqual([false, { a: 3, b: 4 }]);
      await again.close();
    });

    test('DELIV4: a map that changes for long does not grow for long, and loses nothing by that', async () => {
      const map = await kept.map('m', mapOptions);
      const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
      await map.put(
        changesOf(
          map,
          keys.map((key) => [key, 0]),
        ),
      );
      let most = 0;
      for (let round = 1; round <= 500; round++) {
        await map.note(changesOf(map, [[keys[round % keys.length] ?? '', round]]), false);
        most = Math.max(most, under.bytes('m'));
      }
      // One change beyond what has it written anew, and no more; all 500 would take some 12,000 bytes.
      expect(most).toBeWithin(1, mapOptions.rewriteBytesMin + 100);
      kept = await under.crash();
      const again = await kept.map('m', mapOptions);
      expect(Math.max(...again.values.values())).toBe(500);
      expect(again.values.size).toBe(20);
      await again.close();
    });

    test('DELIV4: a map with a value that is none, or damaged from its beginning on, is not guessed at', async () => {
      const map = await kept.map<unknown>('m', { ...mapOptions, isValue: (_): _ is unknown => true });
      await map.put(changesOf(map, [['a', 'no number']]));
      await map.close();
      await expect(kept.map('m', mapOptions)).rejects.toThrow('damaged');
      await under.damage('m');
      await expect(kept.map('m', mapOptions)).rejects.toThrow('damaged');
    });

    test('DELIV5: entries of a journal are there in order, from any place on, and after a crash', async () => {
      const journal = await kept.journal('folder/j', journalOptions());
      await Promise.all([journal.append(['a', 'b']), journal.append(['c'])]);
      const [first, second] = await placedIn(journal);
      expect(await entriesIn(journal)).toEqual(['a', 'b', 'c']);
      expect(await entriesIn(journal, first?.end)).toEqual(['b', 'c']);
      expect(await entriesIn(journal, second?.end)).toEqual(['c']);
      kept = await under.crash();
      const told: string[] = [];
      const again = await kept.journal('folder/j', journalOptions({ onEntry: (entry) => told.push(entry) }));
      expect([told, again.count, again.damagedBytes]).toEqual([['a', 'b', 'c'], 3, 0]);
      expect(await entriesIn(again)).toEqual(['a', 'b', 'c']);
      await again.close();
    });

    test('DELIV5: entries that are removed are gone for good, and those that come meanwhile stay', async () => {
      const journal = await kept.journal('folder/j', journalOptions());
      await journal.append(['a', 'b', 'c']);
      const [first, , third] = await placedIn(journal);
      await Promise.all([journal.remove(new Set([first?.end ?? 0, third?.end ?? 0])), journal.append(['d'])]);
      expect([journal.count, await entriesIn(journal)]).toEqual([2, ['b', 'd']]);
      kept = await under.crash();
      const again = await kept.journal('folder/j', journalOptions());
      expect([again.count, await entriesIn(again)]).toEqual([2, ['b', 'd']]);
      await again.close();
    });

    test('DELIV5: a full journal refuses by its title, says so, and has room again when some are removed', async () => {
      const journal = await kept.journal('folder/j', journalOptions({ bytesMax: 100 }));
      await journal.append(['x'.repeat(60)]);
      await expect(journal.append(['y'.repeat(60)])).rejects.toMatchObject({
        code: 'log_unavailable',
        message: expect.stringContaining('The test journal is full.'),
      });
      expect([journal.isFull, journal.count]).toEqual([true, 1]);
      const [only] = await placedIn(journal);
      await journal.remove(new Set([only?.end ?? 0]));
      await journal.append(['y'.repeat(60)]);
      expect([journal.isFull, await entriesIn(journal)]).toEqual([false, ['y'.repeat(60)]]);
      await journal.close();
    });

    test('DELIV5: a damaged entry costs itself alone, and is counted', async () => {
      const journal = await kept.journal('folder/j', journalOptions());
      await journal.append(['a'.repeat(10), 'b'.repeat(10), 'c'.repeat(10)]);
      await journal.close();
      await under.damage('folder/j');
      const again = await kept.journal('folder/j', journalOptions());
      expect(await entriesIn(again)).toEqual(['a'.repeat(10), 'c'.repeat(10)]);
      expect(again.damagedBytes).toBeGreaterThan(0);
      await again.close();
    });
  });
}

/** Two who have the same values for a time, of at most 3 keys and 20 bytes, and 1,000 ms; and the same over a restart. */
export interface TermUnderTest {
  readonly one: KeptTerm<string>;
  readonly other: KeptTerm<string>;
  reopen(): Promise<KeptTerm<string>>;
  remove(): Promise<void>;
}

/** The promises of KeptTerm; every implementation runs it. */
export function termSuite(name: string, make: () => Promise<TermUnderTest>): void {
  describe(`${name} keeps the contract of what is kept for a time`, () => {
    let under: TermUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.remove());

    const set = async (term: KeptTerm<string>, key: string, next: string | undefined, nowMs = 0) =>
      term.compareAndSet(key, { expected: (await term.get(key, nowMs)).revision, next, nowMs });
    const readOf = async (term: KeptTerm<string>, key: string, nowMs = 0) =>
      (await term.get(key, nowMs)).value;

    test('DELIV7: a key that two begin is begun by one; what one changes the other reads, over a restart too', async () => {
      const { one, other } = under;
      const { revision: none } = await one.get('a', 0);
      const begun = [one, other].map((term, at) =>
        term.compareAndSet('a', { expected: none, next: `begun ${at}`, nowMs: 0 }),
      );
      const revisions = await Promise.all(begun);
      expect(revisions.filter((each) => each === undefined)).toHaveLength(1);
      expect(await readOf(one, 'a')).toBe(await readOf(other, 'a'));
      const [winner, loser] = revisions[0] === undefined ? [other, one] : [one, other];
      const expected = revisions[0] ?? revisions[1] ?? '';
      expect(await winner.compareAndSet('a', { expected, next: 'done', nowMs: 5 })).toBeDefined();
      expect(await loser.compareAndSet('a', { expected, next: 'late', nowMs: 5 })).toBeUndefined();
      expect(await readOf(await under.reopen(), 'a')).toBe('done');
    });

    test('DELIV7: a key is kept for its time from when it was begun, and can be begun anew then, or once it is removed', async () => {
      const { one, other } = under;
      await set(one, 'a', 'first', 0);
      await set(one, 'a', 'changed', 900);
      expect([await readOf(other, 'a', 1_000), await readOf(other, 'a', 1_001)]).toEqual([
        'changed',
        undefined,
      ]);
      expect(await set(other, 'a', 'anew', 1_001)).toBeDefined();
      expect(await readOf(one, 'a', 2_001)).toBe('anew');
      expect(await set(one, 'a', undefined, 2_001)).toBeDefined();
      expect(await readOf(other, 'a', 2_001)).toBeUndefined();
    });

    test('DELIV7: keys and bytes are bounded; the oldest go first', async () => {
      const { one } = under;
      for (const [at, key] of ['a', 'b', 'c', 'd'].entries()) await set(one, key, 'x', at);
      expect(await Promise.all(['a', 'b', 'd'].map((key) => readOf(one, key, 4)))).toEqual([
        undefined,
        'x',
        'x',
      ]);
      await set(one, 'd', 'x'.repeat(30), 4);
      await set(one, 'e', 'x', 5);
      expect(await Promise.all(['b', 'c', 'd', 'e'].map((key) => readOf(one, key, 5)))).toEqual([
        undefined,
        undefined,
        undefined,
        'x',
      ]);
    });
  });
}
