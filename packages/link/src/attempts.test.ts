import { expect, test } from 'bun:test';
import { Attempts } from './attempts.ts';

test('BACK7: each attempt has a number above the one before and the welcome’s', () => {
  const attempts = new Attempts();
  attempts.welcomed({ attempt: 0 });
  expect([attempts.next(), attempts.next()]).toEqual([{ attempt: 1 }, { attempt: 2 }]);
  attempts.welcomed({ attempt: 1 });
  expect(attempts.next()).toEqual({ attempt: 3 });
  attempts.welcomed({ attempt: 7 });
  expect(attempts.next()).toEqual({ attempt: 8 });
  expect(new Attempts(attempts.last).next()).toEqual({ attempt: 9 });
});

test('BACK7: a server that does not count, or that counts no more, is told no number', () => {
  const attempts = new Attempts();
  expect(attempts.next()).toEqual({});
  attempts.welcomed({ attempt: 4 });
  attempts.welcomed({});
  expect([attempts.next(), attempts.last]).toEqual([{}, undefined]);
});
