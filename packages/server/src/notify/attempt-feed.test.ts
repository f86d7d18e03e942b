import { describe, expect, test } from 'bun:test';
import {
  type Attempt,
  AttemptFeed,
  feedAttemptsMax,
  feedBacklogMax,
  feedSubscribersMax,
} from './attempt-feed.ts';
import { appForTests } from './log-for-tests.ts';

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
const ids = (attempts: readonly Attempt[]) => attempts.map(({ id }) => id);

describe('AttemptFeed', () => {
  test('HOOK20: the newest attempts of an app are kept, the oldest go', () => {
    const feed = new AttemptFeed();
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
    const feed = new AttemptFeed();
    feed.record(attempt(1));
    const abort = new AbortController();
    const stream = feed.attempts(appForTests, abort.signal);
    feed.record(attempt(2));
    feed.record(attempt(3, 'other'));
    const got: number[] = [];
    const reading = (async () => {
      for await (const { id } of stream) {
        got.push(id);
        if (id === 2) queueMicrotask(() => feed.record(attempt(4)));
        if (id === 4) abort.abort();
      }
    })();
    await reading;
    expect(got).toEqual([2, 4]);
  });

  test('HOOK20: an abort ends a subscriber that waits', async () => {
    const feed = new AttemptFeed();
    const abort = new AbortController();
    const next = feed.attempts(appForTests, abort.signal)[Symbol.asyncIterator]().next();
    abort.abort();
    expect((await next).done).toBe(true);
    const late = feed.attempts(appForTests, abort.signal)[Symbol.asyncIterator]().next();
    expect((await late).done).toBe(true);
  });

  test('HOOK20: a slow subscriber gets what it had, then slow_reader; the others go on', async () => {
    const feed = new AttemptFeed();
    const { signal } = new AbortController();
    const slow = feed.attempts(appForTests, signal);
    const quick = feed.attempts(appForTests, signal)[Symbol.asyncIterator]();
    for (let id = 1; id <= feedBacklogMax + 1; id++) {
      feed.record(attempt(id));
      expect((await quick.next()).value?.id).toBe(id);
    }
    let got = 0;
    const read = async () => {
      for await (const _ of slow) got += 1;
    };
    await expect(read()).rejects.toMatchObject({ code: 'slow_reader' });
    expect(got).toBe(feedBacklogMax);
  });

  test('HOOK20: subscribers of an app are limited, and those that left make room', async () => {
    const feed = new AttemptFeed();
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
