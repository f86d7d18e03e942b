import { expect, test } from 'bun:test';
import { LockWaits } from './lock-waits.ts';

test('the waits for locks of one channel end, and those of others go on', () => {
  const waits = new LockWaits();
  const key = (name: string) => ({ app: 'app', kind: 'stream', name }) as const;
  const here = [waits.begin('one', key('a')), waits.begin('two', key('a'))];
  const elsewhere = [waits.begin('three', key('a b')), waits.begin('four', { ...key('a'), kind: 'message' })];
  waits.endAll(key('a'));
  expect([...here, ...elsewhere].map(({ aborted }) => aborted)).toEqual([true, true, false, false]);
  expect([...waits.locks()]).toEqual(['three', 'four']);
  waits.endAll();
  expect(elsewhere.every(({ aborted }) => aborted)).toBe(true);
  expect(waits.size).toBe(0);
});

test('a wait takes the place of one for the same lock', () => {
  const waits = new LockWaits();
  const key = { app: 'app', kind: 'message', name: 'a' } as const;
  const [first, second] = [waits.begin('one', key), waits.begin('one', key)];
  expect([first.aborted, second.aborted, waits.size]).toEqual([true, false, 1]);
  waits.end('one');
  expect([second.aborted, waits.has('one')]).toEqual([true, false]);
});
