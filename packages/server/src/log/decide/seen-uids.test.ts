import { expect, test } from 'bun:test';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { limits } from '../../limits.ts';
import { holderOf, SeenUids } from './seen-uids.ts';

const keepMs = 7_000;

test('ACCT3: the last 917,504 uids are remembered, of however many there were, and no more than appSeenUidsMax', () => {
  const seen = new SeenUids({ keepMs });
  const [all, kept] = [1_300_000, (limits.appSeenUidsMax / 8) * 7];
  for (let uid = 1; uid <= all; uid++) seen.note('a', uid, uid % 3, 0);
  let remembered = 0;
  for (let uid = 1; uid <= all; uid++) {
    const holder = seen.holder('a', uid);
    if (holder !== undefined) remembered++;
    if (holder !== undefined || uid > all - kept) expect(holder).toBe(uid % 3);
  }
  expect(remembered).toBeGreaterThanOrEqual(kept);
  expect(remembered).toBeLessThanOrEqual(limits.appSeenUidsMax);
});

test('ACCT3: a uid is remembered for as long as it is to be, and a seventh longer at most, while others come', () => {
  const seen = new SeenUids({ keepMs });
  seen.note('a', 7, 0, 1_000);
  for (let atMs = 1_100; atMs <= 1_000 + keepMs; atMs += 100) seen.note('a', atMs, 0, atMs);
  expect(seen.holder('a', 7)).toBe(0);
  for (let atMs = 1_100 + keepMs; atMs <= 1_000 + (keepMs * 9) / 7; atMs += 100)
    seen.note('a', atMs, 0, atMs);
  expect(seen.holder('a', 7)).toBeUndefined();
});

test('ACCT3: who had it last counts, a draft counts for itself until it is taken over, and each app has its own', () => {
  const seen = new SeenUids({ keepMs });
  seen.note('a', 7, holderOf(7, 'ann'), 0);
  const draft = seen.draft();
  draft.note('a', 7, holderOf(7, '7'), 1);
  expect([draft.holder('a', 7), seen.holder('a', 7)]).toEqual([0, holderOf(7, 'ann')]);
  draft.commit();
  expect([seen.holder('a', 7), seen.holder('b', 7)]).toEqual([0, undefined]);
  expect(holderOf(7, 'ann')).toBeGreaterThan(0);
});

test('ACCT8: the lines of a snapshot give the same memory again, as it was when they were asked for', () => {
  const random = new SimRandom(5);
  const seen = new SeenUids({ keepMs });
  const uids: number[] = [];
  for (let index = 0; index < 40_000; index++) {
    const uid = 1 + Math.floor(random.fraction() * 0xfffffffe);
    uids.push(uid);
    seen.note(index % 2 === 0 ? 'a' : 'b', uid, index, Math.floor(index / 10));
  }
  const lines = seen.lines();
  for (let uid = 1; uid < 1_000; uid++) seen.note('a', uid, 3, 4_000);
  const again = new SeenUids({ keepMs });
  for (const line of lines) again.restore(JSON.parse(JSON.stringify(line)));
  for (const [index, uid] of uids.entries())
    expect(again.holder(index % 2 === 0 ? 'a' : 'b', uid)).toBe(index);
  for (let uid = 1; uid < 1_000; uid++) expect(again.holder('a', uid)).toBeUndefined();
  const times = [...again.lines()].filter(({ app }) => app === 'a').map(({ sinceMs }) => sinceMs);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(times.length).toBeGreaterThan(1);
});
