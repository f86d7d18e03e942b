import { expect, test } from 'bun:test';
import { nothingTaken, sent, settled, taken, toSend } from './asked.ts';
import { afterBatch, ownedByNobody } from './ownership.ts';
import { claimOf, ended, followed, opened, standingAtStart } from './standing.ts';

const at = (position: number) => ({ position, chain: String(position) });
const start = standingAtStart('a', at(0));

test('LOG30: a claim of the next epoch makes its writer the owner; any other claim, and a batch of anybody else, cannot be there', () => {
  expect(afterBatch(ownedByNobody, { writer: 'a' })).toBeUndefined();
  expect(afterBatch(ownedByNobody, { writer: 'a', claims: 2 })).toBeUndefined();
  const first = afterBatch(ownedByNobody, { writer: 'a', claims: 1 });
  expect(first).toEqual({ epoch: 1, owner: 'a' });
  if (!first) return;
  expect(afterBatch(first, { writer: 'a' })).toEqual(first);
  expect(afterBatch(first, { writer: 'b' })).toBeUndefined();
  expect(afterBatch(first, { writer: 'b', claims: 1 })).toBeUndefined();
  expect(afterBatch(first, { writer: 'b', claims: 2 })).toEqual({ epoch: 2, owner: 'b' });
});

test('LOG31: a node claims at the end that it has folded, and owns the log when that is stored', () => {
  const folded = followed(start, { writer: 'b', claims: 1 }, at(1));
  if (!folded) throw new Error('the claim of b cannot be there');
  expect(claimOf(folded)).toEqual({ writer: 'a', claims: 2 });
  const claiming = opened(folded, 'a/1');
  expect(claiming).toMatchObject({ type: 'claiming', open: { id: 'a/1', expected: at(1) } });
  expect(() => followed(claiming, { writer: 'b' }, at(2))).toThrow('folds its own alone');
  expect(() => opened(claiming, 'a/2')).toThrow('one append is open at a time');

  const owner = ended(claiming, { ok: true, end: at(2) });
  expect(owner).toMatchObject({ type: 'owner', place: at(2), ownership: { epoch: 2, owner: 'a' } });
  const appended = ended(opened(owner, 'a/2'), { ok: true, end: at(5) });
  expect(appended).toEqual({ ...owner, place: at(5) });
});

test('LOG31: a conflict makes an owner, and who claimed, a replica that goes on at the place where it was', () => {
  const conflict = { ok: false, reason: 'conflict', end: at(9) } as const;
  const replica = ended(opened(start, 'a/1'), conflict);
  expect(replica).toEqual(start);
  const owner = ended(opened(start, 'a/2'), { ok: true, end: at(1) });
  const lost = ended(opened(owner, 'a/3'), conflict);
  expect(lost).toEqual({ ...owner, type: 'replica' });
  expect(followed(lost, { writer: 'b', claims: 2 }, at(2))?.ownership).toEqual({ epoch: 2, owner: 'b' });
});

test('LOG31: an owner that cannot write is the owner still; a claim that could not be written is none', () => {
  const unavailable = { ok: false, reason: 'unavailable', cause: 'full' } as const;
  const owner = ended(opened(start, 'a/1'), { ok: true, end: at(1) });
  expect(ended(opened(owner, 'a/2'), unavailable)).toEqual(owner);
  expect(ended(opened(start, 'a/1'), unavailable)).toEqual(start);
});

test('LOG35: what is not settled is sent to the owner of each later epoch, once that is folded', () => {
  const asking = [1, 2].map((n) => ({ n, sentIn: 0 }));
  const first = { epoch: 1, owner: 'a' };
  expect(toSend(asking, ownedByNobody)).toEqual([]);
  expect(toSend(asking, first)).toEqual([1, 2]);
  const underWay = sent(asking, [1, 2], 1);
  expect(toSend(underWay, first)).toEqual([]);
  const left = settled(underWay, 'e', [
    { by: 'e', n: 1 },
    { by: 'f', n: 2 },
  ]);
  expect(toSend(left, { epoch: 2, owner: 'b' })).toEqual([2]);
});

test('LOG35: an owner takes each command once in its epoch, and none of another epoch', () => {
  const first = taken(nothingTaken(3), { by: 'e', n: 1 }, 3);
  expect(first).toEqual({ epoch: 3, upTo: { e: 1 } });
  if (!first) return;
  expect(taken(first, { by: 'e', n: 1 }, 3)).toBeUndefined();
  expect(taken(first, { by: 'e', n: 2 }, 2)).toBeUndefined();
  expect(taken(first, { by: 'e', n: 2 }, 4)).toBeUndefined();
  expect(taken(first, { by: 'f', n: 1 }, 3)?.upTo).toEqual({ e: 1, f: 1 });
});
