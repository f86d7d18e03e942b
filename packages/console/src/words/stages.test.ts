import { expect, test } from 'bun:test';
import { stageInShort, wordsOfResult, wordsOfStage } from './stages.ts';

test('DEMO16: what came of an attempt is said in words, and what is not known as it came', () => {
  expect(wordsOfResult('status 503')).toBe('it answered 503');
  expect(wordsOfResult('connect: ECONNREFUSED.')).toBe('no connection could be made (ECONNREFUSED)');
  expect(wordsOfResult('odd: thing')).toBe('odd: thing');
  expect(wordsOfResult('delivered')).toBe('delivered');
  expect(stageInShort('tls')).toBe('TLS');
  expect(wordsOfStage('odd')).toContain('odd');
});
