import { expect, test } from 'bun:test';
import { testClock } from '../clock-for-tests.ts';
import { Idempotency } from './idempotency.ts';

function begin(keysMax = 10) {
  let nowMs = 0;
  const clock = testClock(() => nowMs);
  let runs = 0;
  const idempotency = new Idempotency(clock, { keptMs: 1_000, keysMax });
  return {
    idempotency,
    once: (key: string, request = 'r') => idempotency.once(key, request, () => ++runs),
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('REST68: a key is remembered for its time, then begins anew', async () => {
  const { once, advance } = begin();
  expect(await once('a')).toBe(1);
  advance(999);
  expect(await once('a')).toBe(1);
  await expect(once('a', 'other')).rejects.toMatchObject({ code: 'idempotency_key_used' });
  advance(1);
  expect(await once('a', 'other')).toBe(2);
});

test('REST68: so many keys are remembered; the oldest are forgotten for others', async () => {
  const { once } = begin(3);
  for (const key of ['a', 'b', 'c', 'd']) await once(key);
  expect(await once('d')).toBe(4);
  expect(await once('c')).toBe(3);
  expect(await once('a')).toBe(5);
});

test('REST68: while it is done, and only if it is, the same request waits for its answer', async () => {
  const { idempotency } = begin();
  const first = Promise.withResolvers<string>();
  const one = idempotency.once('a', 'r', () => first.promise);
  const two = idempotency.once('a', 'r', () => 'again');
  first.resolve('done');
  expect(await Promise.all([one, two])).toEqual(['done', 'done']);
  const failing = idempotency.once('b', 'r', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await idempotency.once('b', 'r', () => 'again')).toBe('again');
  expect(
    await idempotency.once(
      'c',
      'r',
      () => 'not done',
      () => false,
    ),
  ).toBe('not done');
  expect(await idempotency.once('c', 'r', () => 'done now')).toBe('done now');
});
