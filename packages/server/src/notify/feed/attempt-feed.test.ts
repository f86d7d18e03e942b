import { describe, expect, test } from 'bun:test';
import { appForTests } from '../../../testing/worlds/notify-log.ts';
import {
  type Attempt,
  AttemptFeed,
  feedAttemptsMax,
  feedBacklogMax,
  feedBatchMax,
  feedMergeMs,
  feedSubscribersMax,
} from './attempt-feed.ts';

const attempt = (id: number, app = appForTests): Attempt => ({
  id,
  app,
  endpointId: 'e',
  url: 'https://e.example/',
  virtual: false,
  position: id,
  noticeId: `S:${id}:105`,
  eventType: 105,
  channel: 'stage',
  attempt: 1,
  atMs: 0,
  durationMs: 0,
  outcome: { answered: true, status: 200, excerpt: '' },
  next: 'delivered',
  body: '{}',
  headers: {},
});
/** Wakes the subscribers after the present turn. */
const soon = {
  after: (delayMs: number, run: () => void) => {
    expect(delayMs).toBe(feedMergeMs);
    let isOn = true;
    queueMicrotask(() => isOn && run());
    return () => {
      isOn = false;
    };
  },
};
const ids = (attempts: readonly Attempt[]) => attempts.map(({ id }) => id);

describe('AttemptFeed', () => {
  test('HOOK20: the newest attempts of an app are kept, the oldest go', () => {
    const feed = new AttemptFeed(soon);
    for (let id = 1; id <= feedAttemptsMax * 3; id++) feed.record(attempt(id));
    feed.record(attempt(9_999, 'other'));
    const kept = ids(feed.recent(appForTests));
    expect(kept).toHaveLength(feedAttemptsMax);
    expect([kept[0], kept.at(-1)]).toEqual([feedAttemptsMax * 2 + 1, feedAttemptsMax * 3]);
    expect(ids(feed.recent(appForTests, { limit: 2 }))).toEqual([
      feedAttemptsMax * 3 - 1,
      feedAttemptsMax * 3,
    ]);
    expect(ids(feed.recent(appForTests, { after: feedAttemptsMax * 3 - 3, limit: 2 }))).toEqual([
      2_999, 3_000,
    ]);
    expect(feed.recent(appForTests, { limit: 0 })).toEqual([]);
    expect(feed.recent('nobody')).toEqual([]);
  });

  test('HOOK20: a subscriber gets what comes from its call on, of its app, until it aborts', async () => {
    const feed = new AttemptFeed(soon);
    feed.record(attempt(1));
    const abort = new AbortController();
    const stream = feed.attempts(appForTests, abort.signal);
    feed.record(attempt(2));
    feed.record(attempt(3, 'other'));
    const got: number[] = [];
    const reading = (async () => {
      for await (const attempts of stream)
        for (const { id } of attempts) {
          got.push(id);
          if (id === 2) queueMicrotask(() => feed.record(attempt(4)));
          if (id === 4) abort.abort();
        }
    })();
    await reading;
    expect(got).toEqual([2, 4]);
  });

  test('HOOK20: an abort ends a subscriber that waits', async () => {
    const feed = new AttemptFeed(soon);
    const abort = new AbortController();
    const next = feed.attempts(appForTests, abort.signal)[Symbol.asyncIterator]().next();
    abort.abort();
    expect((await next).done).toBe(true);
    const late = feed.attempts(appForTests, abort.signal)[Symbol.asyncIterator]().next();
    expect((await late).done).toBe(true);
  });

  test('HOOK20: a slow subscriber is told slow_reader; the others go on', async () => {
    const feed = new AttemptFeed(soon);
    const { signal } = new AbortController();
    const atLimit = feed.attempts(appForTests, signal)[Symbol.asyncIterator]();
    const slow = feed.attempts(appForTests, signal)[Symbol.asyncIterator]();
    const quick = feed.attempts(appForTests, signal)[Symbol.asyncIterator]();
    for (let id = 1; id <= feedBacklogMax; id++) {
      feed.record(attempt(id));
      expect(ids((await quick.next()).value ?? [])).toEqual([id]);
    }
    expect(ids((await atLimit.next()).value ?? [])).toEqual(Array.from({ length: 64 }, (_, at) => at + 1));
    feed.record(attempt(feedBacklogMax + 1));
    await expect(slow.next()).rejects.toMatchObject({ code: 'slow_reader' });
    expect((await slow.next()).done).toBe(true);
    expect(ids((await quick.next()).value ?? [])).toEqual([feedBacklogMax + 1]);
    expect((await atLimit.next()).value?.length).toBe(feedBatchMax);
  });

  test('HOOK154: subscribers share what they get, once they are at the same place, in batches without hole or copy', async () => {
    const feed = new AttemptFeed(soon);
    const { signal } = new AbortController();
    const subscribe = () => feed.attempts(appForTests, signal)[Symbol.asyncIterator]();
    const readers = [subscribe(), subscribe()];
    feed.record(attempt(1));
    const late = subscribe();
    const first = readers.map((reader) => reader.next());
    for (let id = 2; id <= 200; id++) feed.record(attempt(id));
    const got: number[][] = [[], [], []];
    const seen: Set<unknown>[] = [new Set(), new Set(), new Set()];
    const take = (at: number, attempts: readonly Attempt[] = []) => {
      expect(attempts.length).toBeLessThanOrEqual(feedBatchMax);
      got[at]?.push(...ids(attempts));
      seen[at]?.add(attempts);
    };
    for (const [at, reading] of first.entries()) take(at, (await reading).value);
    for (const [at, reader] of [...readers, late].entries())
      while (got[at]?.at(-1) !== 200) take(at, (await reader.next()).value);
    const all = Array.from({ length: 200 }, (_, at) => at + 1);
    expect(got).toEqual([all, all, all.slice(1)]);
    expect([...(seen[0] ?? [])].filter((batch) => seen[1]?.has(batch)).length).toBe(seen[0]?.size ?? 0);
    // The late one stood elsewhere for one batch.
    expect([...(seen[2] ?? [])].filter((batch) => seen[0]?.has(batch)).length).toBe((seen[0]?.size ?? 0) - 1);
  });

  test('HOOK154: subscribers that wait are woken once for attempts that come together, or when a batch is full', async () => {
    const timers: (() => void)[] = [];
    const after = (_delayMs: number, run: () => void) => {
      timers.push(run);
      return () => void timers.pop();
    };
    const feed = new AttemptFeed({ after });
    const abort = new AbortController();
    const reader = feed.attempts(appForTests, abort.signal)[Symbol.asyncIterator]();
    const next = reader.next();
    for (let id = 1; id < feedBatchMax; id++) feed.record(attempt(id));
    expect(timers).toHaveLength(1);
    feed.record(attempt(feedBatchMax));
    expect(timers).toEqual([]);
    expect(ids((await next).value ?? [])).toHaveLength(feedBatchMax);
    const last = reader.next();
    feed.record(attempt(65));
    timers[0]?.();
    expect(ids((await last).value ?? [])).toEqual([65]);
    void reader.next();
    feed.record(attempt(66));
    abort.abort();
    expect(timers).toEqual([]);
  });

  test('HOOK20: subscribers of an app are limited, and those that left make room', async () => {
    const feed = new AttemptFeed(soon);
    const aborts = Array.from({ length: feedSubscribersMax }, () => new AbortController());
    for (const { signal } of aborts) feed.attempts(appForTests, signal);
    const one = new AbortController();
    expect(() => feed.attempts(appForTests, one.signal)).toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
    aborts[0]?.abort();
    expect(() => feed.attempts(appForTests, one.signal)).not.toThrow();
  });
});
