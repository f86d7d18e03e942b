import { expect, test } from 'bun:test';
import { refusedByLog } from './answer.ts';

test('LIMIT11: signaling tells the sentence of a code that its API has no number for, never its bare name', () => {
  expect(refusedByLog('channels_full', 'That is 5.', {}, -12001)).toEqual({
    ok: false,
    code: -12001,
    reason: 'The app has as many channels as it may have. That is 5.',
  });
});
