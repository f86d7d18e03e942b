import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Trie } from './trie.ts';

const key = fc.oneof(
  fc.nat(40),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff),
);
const changes = fc.array(fc.tuple(key, fc.option(fc.nat(100))), { maxLength: 60 });
/** Few keys, in two branches, so that most changes replace a value. */
const replacements = fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 33, 34, 4000), fc.option(fc.nat(100))), {
  maxLength: 30,
});

/** The trie and the plain map that both come from these changes; null takes a key out. */
function both(list: readonly (readonly [number, number | null])[]) {
  let trie = Trie.empty<number>((value) => value);
  const map = new Map<number, number>();
  for (const [at, value] of list) {
    if (value === null) {
      trie = trie.without(at);
      map.delete(at);
    } else {
      trie = trie.with(at, value);
      map.set(at, value);
    }
  }
  return { trie, sorted: [...map].sort(([a], [b]) => a - b) };
}

describe('Trie', () => {
  test('is a sorted map', () => {
    fc.assert(
      fc.property(changes, key, (list, probe) => {
        const { trie, sorted } = both(list);
        expect([...trie].map(([at, value]) => [at, value])).toEqual(sorted);
        expect([...trie.values()]).toEqual(sorted.map(([, value]) => value));
        expect(trie.size).toBe(sorted.length);
        expect(trie.get(probe)).toBe(new Map(sorted).get(probe));
        for (const [at, value] of sorted) expect(trie.get(at)).toBe(value);
        expect([...trie.valuesAfter(probe)]).toEqual(
          sorted.filter(([at]) => at > probe).map(([, value]) => value),
        );
      }),
    );
  });

  test('finds a place in the order', () => {
    fc.assert(
      fc.property(changes, fc.nat(70), (list, place) => {
        const { trie, sorted } = both(list);
        const values = sorted.map(([, value]) => value);
        expect([...trie.valuesFrom(place)]).toEqual(values.slice(place));
        expect([...trie.valuesFrom(0)]).toEqual(values);
        expect([...trie.valuesFrom(values.length)]).toEqual([]);
      }),
    );
  });

  test.each([
    ['many keys', changes],
    ['few keys that change often', replacements],
  ])('knows the least measure, and finds and counts those at or below a bound, of %s', (_, changed) => {
    fc.assert(
      fc.property(changed, fc.nat(100), fc.integer({ min: -3, max: 40 }), (list, bound, most) => {
        const { trie, sorted } = both(list);
        expect(trie.least).toBe(Math.min(Number.POSITIVE_INFINITY, ...sorted.map(([, value]) => value)));
        expect([...trie.atMost(bound)].map(([at, value]) => [at, value])).toEqual(
          sorted.filter(([, value]) => value <= bound),
        );
        const count = sorted.filter(([, value]) => value <= bound).length;
        expect(trie.countAtMost(bound, most)).toBe(Math.max(0, Math.min(most, count)));
      }),
    );
  });

  test('a kept map never changes', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const { trie, sorted } = both(before);
        for (const [at, value] of after) {
          if (value === null) trie.without(at);
          else trie.with(at, value);
        }
        expect([...trie].map(([at, value]) => [at, value])).toEqual(sorted);
      }),
    );
  });

  test('taking out what is not there gives the same map', () => {
    const trie = Trie.empty<number>().with(5, 1).with(37, 2);
    expect(trie.without(69)).toBe(trie);
    expect(trie.without(6)).toBe(trie);
    expect(Trie.empty<number>().without(1).size).toBe(0);
  });

  test('a key is an unsigned 32-bit number', () => {
    for (const bad of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => Trie.empty<number>().with(bad, 1)).toThrow('unsigned 32-bit');
    }
  });
});
