import { expect, test } from 'bun:test';
import { limits } from '../../limits.ts';
import { Accounts } from './accounts.ts';

const keepMs = 1_000;

test('ACCT6: beyond as many as an app may have the one unused for longest is forgotten', () => {
  const accounts = new Accounts({ keepMs });
  for (let uid = 1; uid <= limits.appAccountsMax; uid++) accounts.map('a', `n${uid}`, uid, 0);
  accounts.used('a', 'n1', 1, 1);
  accounts.map('a', 'one more', 5_000_000, 2);
  expect([accounts.uidOf('a', 'n1', 2), accounts.uidOf('a', 'n2', 2), accounts.uidOf('a', 'n3', 2)]).toEqual([
    1,
    undefined,
    3,
  ]);
  expect([accounts.ownerOf('a', 1, 2), accounts.ownerOf('a', 2, 2)]).toEqual(['n1', undefined]);
  expect([...accounts.counts()]).toEqual([['a', limits.appAccountsMax]]);
});

test('ACCT6: those that are forgotten leave memory as others come, two at a time', () => {
  const accounts = new Accounts({ keepMs });
  for (let uid = 1; uid <= 10; uid++) accounts.map('a', `n${uid}`, uid, 0);
  for (let uid = 11; uid <= 13; uid++) accounts.map('a', `n${uid}`, uid, keepMs);
  expect([...accounts.counts()]).toEqual([['a', 7]]);
  expect([...accounts.all(keepMs)].map(({ uid }) => uid)).toEqual([11, 12, 13]);
});

test('ACCT6: an account that joined with another uid than the one that is kept has that of its name again, once its record is durable', () => {
  const accounts = new Accounts({ keepMs });
  accounts.map('a', 'ann', 4, 0);
  const draft = accounts.draft();
  draft.used('a', 'ann', 9, 1);
  expect([draft.uidOf('a', 'ann', 1), draft.ownerOf('a', 4, 1), accounts.uidOf('a', 'ann', 1)]).toEqual([
    undefined,
    undefined,
    4,
  ]);
  draft.commit();
  expect(accounts.uidOf('a', 'ann', 1)).toBeUndefined();
  expect([...accounts.all(1)]).toEqual([]);
});
