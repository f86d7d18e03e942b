import { expect, test } from 'bun:test';
import { systemClock } from '../../clock.ts';
import { News } from './news.ts';

const never = new AbortController().signal;
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );

test('REST35: told of its own app only, else the wait ends', async () => {
  const news = new News(systemClock(), 10);
  const [mine, other] = [news.wait('a', 60_000, never), news.wait('b', 1, never)];
  news.tell(new Set(['a', 'c']));
  expect([await mine, await other]).toEqual([true, false]);
  expect(news.waiting).toBe(0);
});

test('REST35: one too many is refused; an abort makes room; the end ends all', async () => {
  const news = new News(systemClock(), 1);
  const abort = new AbortController();
  const first = news.wait('a', 60_000, abort.signal);
  expect(await code(news.wait('a', 60_000, never))).toBe('too_many_connections');
  abort.abort();
  expect(await code(first)).toBe('going_away');
  expect(await code(news.wait('a', 60_000, abort.signal))).toBe('going_away');
  const second = news.wait('a', 60_000, never);
  news.end();
  expect(await code(second)).toBe('going_away');
  expect(await code(news.wait('a', 60_000, never))).toBe('going_away');
  expect(news.waiting).toBe(0);
});
