import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type {
  Kept,
  KeptJournal,
  KeptJournalOptions,
  KeptMapOptions,
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
      expect(await kept.value('v').read()).toEqual({ is: 'none' });
      await kept.value('v').put({ version: 1, names: ['ü'] });
      await kept.value('v').put({ version: 2, names: ['\u2028'] });
      kept = await under.crash();
      expect(await kept.value('v').read()).toEqual({ is: 'whole', value: { version: 2, names: ['\u2028'] } });
      await under.damage('v');
      expect(await kept.value('v').read()).toEqual({ is: 'damaged' });
      await kept.value('v').remove();
      expect(await kept.value('v').read()).toEqual({ is: 'none' });
    });

    test('DELIV4: of a map the newest value of each key counts, put or noted, after a crash too', async () => {
      const map = await kept.map('m', mapOptions);
      expect([map.isNew, map.cutBytes, map.values.size]).toEqual([true, 0, 0]);
      await map.put([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]);
      await map.note(new Map([['a', 2]]), false);
      await map.note(new Map([['a', 3]]), true);
      await map.remove('c');
      await map.note(new Map([['b', 4]]), false);
      expect(Object.fromEntries(map.values)).toEqual({ a: 3, b: 4 });
      kept = await under.crash();
      const again = await kept.map('m', mapOptions);
      expect([again.isNew, Object.fromEntries(again.values)]).toEqual([false, { a: 3, b: 4 }]);
      await again.close();
    });

    test('DELIV4: a map that changes for long does not grow for long, and loses nothing by that', async () => {
      const map = await kept.map('m', mapOptions);
      const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
      await map.put(keys.map((key) => [key, 0]));
      let most = 0;
      for (let round = 1; round <= 500; round++) {
        await map.note(new Map([[keys[round % keys.length] ?? '', round]]), false);
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
      await map.put([['a', 'no number']]);
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
