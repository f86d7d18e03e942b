import { expect, test } from 'bun:test';
import type { MadeAttempt } from '@housecount/client';
import { nameOfAttempt, noticeIn, whatFollowed, wordsOfOutcome } from './attempt-words.ts';

const made = (about: Partial<MadeAttempt>): MadeAttempt => ({
  attempt: 1,
  atMs: 1_000,
  durationMs: 10,
  next: 'retry',
  ...about,
});

test('DEMO13: each attempt says what came of it and what followed', () => {
  const attempts = [
    made({ answered: 500 }),
    made({ attempt: 2, atMs: 1_100, stage: 'answer-timeout', durationMs: 10_000 }),
    made({ attempt: 1, atMs: 12_000, stage: 'connect', next: 'give-up', redelivery: 'r' }),
    made({ attempt: 3, atMs: 13_100, stage: 'odd', next: 'give-up' }),
    made({ attempt: 1, atMs: 20_000, answered: 200, next: 'delivered', redelivery: 's' }),
  ];
  expect(attempts.map(wordsOfOutcome)).toEqual([
    'answered 500',
    'no answer came in time',
    'no connection could be made',
    'it failed at “odd”',
    'answered 200',
  ]);
  expect(attempts.map(nameOfAttempt)).toEqual([
    'Attempt 1',
    'Attempt 2',
    'Sent again on request',
    'Attempt 3',
    'Sent again on request',
  ]);
  expect(attempts.map((_, index) => whatFollowed(attempts, index))).toEqual([
    'Tried again at once.',
    'Tried again after 2 s.',
    'Not taken; one that is asked for is tried once.',
    'Given up: it was the last attempt of the plan.',
    'Delivered.',
  ]);
  expect(whatFollowed([made({})], 0)).toBe('It will be tried again.');
});

test('DEMO13: a body that is no JSON is shown as it is', () => {
  expect(noticeIn('{"a":1}', 'x')).toEqual({ text: '{\n  "a": 1\n}' });
  expect(noticeIn('<html>', 'x')).toEqual({ text: '<html>' });
});

test('DEMO13: of a batch the notice that was looked for is shown', () => {
  const batch = '[{"id":"S:1:101"},null,{"id":"S:2:105"}]';
  expect(noticeIn(batch, 'S:2:105')).toEqual({ text: '{\n  "id": "S:2:105"\n}', of: 3 });
  expect(noticeIn('[1]', 'S:2:105')).toEqual({ text: '[\n  1\n]', of: 1 });
});
