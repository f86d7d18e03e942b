import { expect, test } from 'bun:test';
import { isAccount, isChannelName } from './names.ts';
import { parseClientFrame } from './parse.ts';
import { isSignalingName } from './signaling/signaling.ts';

test('ACCT1: a text that no URL can carry is no name; all others of the legal set are, and come through a URL', () => {
  for (const name of ['.', '..'])
    expect([isChannelName(name), isAccount(name), isSignalingName(name)]).toEqual([false, false, false]);
  for (const name of [
    '...',
    '.a',
    'a.',
    '..a',
    '. ',
    ' .',
    '.:',
    '%2E',
    '%2e%2e',
    '.%2E',
    '?',
    '#',
    '+',
    ' ',
  ]) {
    expect([name, isChannelName(name), isAccount(name)]).toEqual([name, true, true]);
    const url = new URL(`http://127.0.0.1/${encodeURIComponent(name)}/roster`);
    expect(decodeURIComponent(url.pathname.split('/')[1] ?? '')).toBe(name);
  }
});

test('ACCT1: a hello that names such a channel or account is refused by the code of illegal names', () => {
  const hello = { type: 'hello', version: 1, app: 'a'.repeat(32), channel: 'c' };
  expect(parseClientFrame(JSON.stringify(hello))).toMatchObject({ ok: true });
  for (const name of ['.', '..']) {
    for (const [wrong, code] of [
      [{ channel: name }, 'invalid_channel_name'],
      [{ account: name }, 'invalid_account'],
    ] as const)
      expect(parseClientFrame(JSON.stringify({ ...hello, ...wrong }))).toMatchObject({ ok: false, code });
  }
});
