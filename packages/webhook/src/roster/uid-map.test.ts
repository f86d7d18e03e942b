import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UidMap } from './uid-map.ts';

const key = fc.oneof(fc.nat(40), fc.nat(2 ** 32 - 1), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1));

describe('UidMap', () => {
  test('HOOK40: does what a Map does, and leaves every earlier one as it was', () => {
    const commands = fc.array(fc.tuple(key, fc.option(fc.nat())), { maxLength: 200 });
    fc.assert(
      fc.property(commands, (made) => {
        let map = UidMap.empty<{ key: number; value: number }>();
        const model = new Map<number, { key: number; value: number }>();
        const kept: [typeof map, typeof model][] = [];
        for (const [uid, value] of made) {
          kept.push([map, new Map(model)]);
          if (value === null) {
            map = map.without(uid);
            model.delete(uid);
          } else {
            map = map.with(uid, { key: uid, value });
            model.set(uid, { key: uid, value });
          }
        }
        kept.push([map, model]);
        for (const [one, other] of kept) {
          expect(one.size).toBe(other.size);
          expect(new Map([...one.values()].map((value) => [value.key, value]))).toEqual(other);
        }
        for (const [uid] of made) {
          expect(map.get(uid)).toEqual(model.get(uid));
          expect(map.has(uid)).toBe(model.has(uid));
        }
      }),
    );
  });

  test('HOOK40: an emptied map is empty, and 100,000 keys fit', () => {
    let map = UidMap.empty<number>();
    for (let uid = 1; uid <= 100_000; uid++) map = map.with(uid, uid);
    expect(map.size).toBe(100_000);
    expect([...map.values()].reduce((sum, uid) => sum + uid, 0)).toBe(5_000_050_000);
    for (let uid = 1; uid <= 100_000; uid++) map = map.without(uid);
    expect([map.size, map.toJSON()]).toEqual([0, []]);
  });
});
