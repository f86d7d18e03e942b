import { expect, test } from 'bun:test';
import { afterHearing } from './open-append.ts';

const place = (position: number) => ({ position, chain: String(position) });
const append = { id: 'a/7', expected: place(3) };

test('LOG32: an append of which nothing is heard is sent again; one that is stored has its end', () => {
  expect(afterHearing(append, { type: 'nothing' })).toBe('send-again');
  expect(afterHearing(append, { type: 'stored', end: place(5) })).toEqual({ ok: true, end: place(5) });
});

test('LOG33: a refusal is that of another append only if the batch that stands there is not its own', () => {
  const own = { id: 'a/7', end: place(5) };
  expect(afterHearing(append, { type: 'refused', end: place(9), next: own })).toEqual({
    ok: true,
    end: place(5),
  });
  const other = { id: 'b/1', end: place(4) };
  expect(afterHearing(append, { type: 'refused', end: place(9), next: other })).toEqual({
    ok: false,
    reason: 'conflict',
    end: place(9),
  });
});
