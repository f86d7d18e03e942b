import { expect, test } from 'bun:test';
import { isPartOfBatch } from './batch.ts';

test('DEMO8: a part of a batch, which no command can send again, is told from a whole request', () => {
  const headers = { 'Webhook-Id': 'batch_0123456789abcdef' };
  expect(isPartOfBatch({ headers, body: '{"id":"C1:2:105"}' })).toBe(true);
  expect(isPartOfBatch({ headers, body: '[{"id":"C1:2:105"}]' })).toBe(false);
  expect(isPartOfBatch({ headers: { 'webhook-id': 'C1:2:105' }, body: '{}' })).toBe(false);
  expect(isPartOfBatch({ headers: { 'Agora-Signature': 'batch_' }, body: '{}' })).toBe(false);
});
