import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { matchesGlob, matchesName } from './glob.ts';

test('TOKEN4: each star of a pattern stands for any characters, also none', () => {
  for (const [pattern, text, matches] of [
    ['*', '', true],
    ['*', 'anything', true],
    ['**', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a', '', false],
    ['1*a*2', '1abc2', true],
    ['1*a*2', '1a2', true],
    ['1*a*2', '12', false],
    ['house*', 'house', true],
    ['house*', 'hous', false],
    ['*ab', 'aab', true],
    ['*ab', 'abb', false],
    ['a*b*c', 'abcbc', true],
    ['a.c', 'abc', false],
    ['[a]*', '[a]b', true],
    ['a*', 'A', false],
  ] as const)
    expect([pattern, text, matchesGlob(pattern, text)]).toEqual([pattern, text, matches]);
});

test('TOKEN4: agrees with a slow obvious model', () => {
  const slow = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === '';
    if (pattern[0] !== '*') return pattern[0] === text[0] && slow(pattern.slice(1), text.slice(1));
    for (let taken = 0; taken <= text.length; taken++)
      if (slow(pattern.slice(1), text.slice(taken))) return true;
    return false;
  };
  const word = (letters: string) =>
    fc.array(fc.constantFrom(...letters), { maxLength: 9 }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(word('ab*'), word('ab'), (pattern, text) => {
      if (pattern[0] !== '*' && text === '' && pattern !== '') expect(matchesGlob(pattern, text)).toBe(false);
      else expect(matchesGlob(pattern, text)).toBe(slow(pattern, text));
    }),
    { numRuns: 2000 },
  );
});

test('TOKEN4: an empty pattern is anything; one without a star is exact', () => {
  expect(matchesName('', 'anyone')).toBe(true);
  expect(matchesName('anyone', 'anyone')).toBe(true);
  expect(matchesName('anyone', 'Anyone')).toBe(false);
  expect(matchesName('0', '1')).toBe(false);
});

test('TOKEN4: a pattern made to be slow takes steps in proportion to the product of the lengths', () => {
  // A backtracking matcher needs more steps here than a test could ever wait for.
  expect(matchesGlob(`${'a*'.repeat(2000)}b`, 'a'.repeat(8000))).toBe(false);
});
