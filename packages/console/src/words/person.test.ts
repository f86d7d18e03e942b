import { expect, test } from 'bun:test';
import { isAccount } from '@housecount/protocol';
import { accountFor, legalName, nameOf } from './person.ts';

test('DEMO4: any input gives a legal account that shows as the legal part of the name', () => {
  for (const [input, name] of [
    ['Ann', 'Ann'],
    ['  Zoë  Müller ', 'Zoe Muller'],
    ["D'Arcy~x", 'DArcyx'],
    ['日本', 'Guest'],
    ['', 'Guest'],
    ['a'.repeat(500), 'a'.repeat(32)],
    ['<b>"x"</b>\n\0', '<b>x<b>'],
    [`${'a'.repeat(31)} b`, 'a'.repeat(31)],
  ] as const) {
    const account = accountFor(input);
    expect([input, isAccount(account)]).toEqual([input, true]);
    expect(nameOf({ uid: 1, account })).toBe(name);
  }
});

test('DEMO4: two people of one name get two accounts', () => {
  expect(new Set(Array.from({ length: 50 }, () => accountFor('Ann'))).size).toBe(50);
});

test('DEMO4: a member without an account shows as its uid, and a foreign account as it is', () => {
  expect(nameOf({ uid: 17 })).toBe('uid 17');
  expect(nameOf({ uid: 17, account: 'plain' })).toBe('plain');
  expect(nameOf({ uid: 'Ann~k3v9x' })).toBe('Ann');
  expect(nameOf({ uid: 17, account: '~x' })).toBe('~x');
  expect(legalName(' ~ ')).toBe('');
});

test('TENANT3: to a login without names everybody is somebody', () => {
  expect(nameOf({})).toBe('somebody');
});
