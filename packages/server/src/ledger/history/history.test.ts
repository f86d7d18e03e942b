import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelEvent } from '@housecount/protocol';
import { testClock } from '../../../testing/worlds/clock.ts';
import { asRecord } from '../../../testing/worlds/records.ts';
import type { MembershipChange } from '../../channel/decision.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { EntryFeed } from '../../log/feed/entry-feed.ts';
import { encodeRecord } from '../../log/record/codec.ts';
import { type LogEntry, timeOf } from '../../log/record/record.ts';
import { createLogger } from '../../observe/logger.ts';
import { type ReadLog, retainMs } from '../log-reader.ts';
import { openHistory } from './history.ts';
import { HistoryTables } from './history-tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = () => join(folder, String(files++), 'history.sqlite');
const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => {} } });
const app = 'a'.repeat(32);

/** A log in memory with the real feed. */
class MemoryLog implements ReadLog {
  readonly entries: LogEntry[] = [];
  readonly feed: EntryFeed;
  /** Positions up to here were deleted. */
  trimmed = 0;
  constructor(entries: readonly LogEntry[] = []) {
    this.entries.push(...entries);
    this.feed = new EntryFeed({
      partition: 'p',
      lastPosition: entries.length,
      store: {
        recovery: () => ({ lastPosition: 0, cutBytes: 0, lastAliveMs: 0 }),
        end: () => Promise.reject(new Error('not used')),
        append: () => Promise.reject(new Error('not used')),
        read: async (_partition, after, limit) => {
          if (after < this.trimmed) throw new Error('trimmed');
          return this.entries
            .slice(after, after + limit)
            .map(({ position, record }) => ({ position, payload: encodeRecord(record) }));
        },
        readSnapshot: async () => undefined,
        writeSnapshot: async () => {},
        first: async () => 1,
        beyond: async () => 0,
        trim: async () => {},
        markAlive: async () => {},
        close: async () => {},
      },
    });
  }
  get lastPosition() {
    return this.feed.lastPosition;
  }
  follow(after: number, signal: AbortSignal) {
    return this.feed.follow(after, signal);
  }
  push(...changes: MembershipChange[]) {
    const batch = changes.map((change, index) => ({
      position: this.entries.length + index + 1,
      record: asRecord(change),
    }));
    this.entries.push(...batch);
    this.feed.push(batch);
  }
}

/** When the entry at this place of the log was decided. */
const timeAt = ({ entries }: MemoryLog, index: number) => entries[index] && timeOf(entries[index].record);

let atMs = Date.now() - 3_600_000;
const base = (sid: string, seq: number, count: number, channel = 'room') =>
  ({ app, channel, sid, seq, atMs: atMs++, count, profile: 'live' }) as const;
const opened = (sid: string, channel?: string): ChannelEvent => ({
  ...base(sid, 1, 0, channel),
  type: 'channel-opened',
});
const joined = (sid: string, seq: number, uid: number): ChannelEvent => ({
  ...base(sid, seq, seq - 1),
  type: 'member-joined',
  uid,
  role: 'audience',
  platform: 7,
  clientSeq: atMs,
  connectionId: `c${uid}`,
  connectionKind: 'rtc',
  leaseMs: 10_000,
});
const closed = (sid: string, seq: number): ChannelEvent => ({
  ...base(sid, seq, 0),
  type: 'channel-closed',
  lastUid: 1,
});

function open(log: ReadLog, path = newPath(), clock: Clock = systemClock()) {
  const ending = new AbortController();
  const history = openHistory({ path, log, clock, logger, signal: ending.signal });
  return {
    history,
    path,
    async close() {
      ending.abort();
      await history.closed;
    },
  };
}
const signal = new AbortController().signal;
const query = { app, channel: 'room', sid: 's1', after: 0, limit: 10 };

describe('following', () => {
  test('REST30: what was durable when asked is in the answer', async () => {
    const log = new MemoryLog();
    const { history, close } = open(log);
    for (let seq = 2; seq <= 50; seq++) {
      log.push(...(seq === 2 ? [opened('s1')] : []), joined('s1', seq, seq));
      await history.caughtUp(signal);
      expect(history.eventsAfter({ ...query, after: seq - 1 })?.map((event) => event.seq)).toEqual([seq]);
    }
    await close();
  });

  test('REST30: pages by seq, and marks are no events', async () => {
    const log = new MemoryLog();
    const { history, close } = open(log);
    const mark: MembershipChange = { type: 'token-renewed', app, channel: 'room', atMs, uid: 2 };
    log.push(opened('s1'), joined('s1', 2, 2), mark, joined('s1', 3, 3), closed('s1', 4));
    await history.caughtUp(signal);
    expect(history.eventsAfter({ ...query, limit: 3 })?.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(history.eventsAfter({ ...query, after: 3 })?.map(({ type }) => type)).toEqual(['channel-closed']);
    expect(history.eventsAfter({ ...query, after: 4 })).toEqual([]);
    expect(history.eventsAfter({ ...query, sid: 'none' })).toBeUndefined();
    expect(history.eventsAfter({ ...query, channel: 'other' })).toBeUndefined();
    expect(history.eventsAfter({ ...query, app: 'b'.repeat(32) })).toBeUndefined();
    await close();
  });

  test('REST31: lives of a channel, newest first, with times, joins and peak', async () => {
    const log = new MemoryLog();
    const { history, close } = open(log);
    log.push(
      opened('s1'),
      joined('s1', 2, 2),
      joined('s1', 3, 3),
      closed('s1', 4),
      opened('s2'),
      opened('x', 'elsewhere'),
    );
    await history.caughtUp(signal);
    const lives = history.lives({ app, channel: 'room', limit: 10 });
    expect(lives.map(({ sid }) => sid)).toEqual(['s2', 's1']);
    expect(lives[1]).toMatchObject({ lastSeq: 4, joins: 2, peak: 2, openedMs: timeAt(log, 0) });
    expect(lives[1]?.closedMs).toBe(timeAt(log, 3));
    expect(lives[0]?.closedMs).toBeUndefined();
    expect(history.lives({ app, channel: 'room', limit: 10, before: lives[0]?.position })).toEqual(
      lives.slice(1),
    );
    await close();
  });
});

describe('starting again', () => {
  test('REST32: it goes on where it left off, after a close and without one, and takes nothing over twice', async () => {
    const log = new MemoryLog();
    const first = open(log);
    log.push(opened('s1'), joined('s1', 2, 2));
    await first.history.caughtUp(signal);
    await first.close();
    log.push(joined('s1', 3, 3));
    const second = open(new MemoryLog(log.entries), first.path);
    await second.history.caughtUp(signal);
    expect(second.history.eventsAfter(query)).toHaveLength(3);
    expect(second.history.lives({ app, channel: 'room', limit: 1 })[0]?.joins).toBe(2);
    // The file is not closed, as if the process was killed.
    const third = open(new MemoryLog([...log.entries]), first.path);
    await third.history.caughtUp(signal);
    expect(third.history.eventsAfter(query)).toHaveLength(3);
    await third.close();
    await second.close();
  });

  test('REST32: a file ahead of the log goes back, and keeps what the log no longer has', async () => {
    const path = newPath();
    const log = new MemoryLog();
    log.push(opened('s1'), joined('s1', 2, 2), joined('s1', 3, 3), opened('s2', 'other'));
    const first = open(log, path);
    await first.history.caughtUp(signal);
    const [whole] = first.history.lives({ app, channel: 'room', limit: 1 });
    expect(whole).toMatchObject({ lastSeq: 3, joins: 2, peak: 2 });
    await first.close();
    const restored = new MemoryLog(log.entries.slice(0, 2));
    restored.trimmed = 1;
    const back = open(restored, path);
    await back.history.caughtUp(signal);
    expect(back.history.eventsAfter(query)?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(back.history.lives({ app, channel: 'room', limit: 1 })).toMatchObject([
      { lastSeq: 2, joins: 1, peak: 1 },
    ]);
    expect(back.history.lives({ app, channel: 'other', limit: 1 })).toEqual([]);
    restored.push(joined('s1', 3, 4));
    await back.history.caughtUp(signal);
    expect(back.history.lives({ app, channel: 'room', limit: 1 })).toMatchObject([{ lastSeq: 3, joins: 2 }]);
    await back.close();
  });

  test('DATA9: a file that is behind the beginning of the log goes on there', async () => {
    const path = newPath();
    const log = new MemoryLog();
    log.push(opened('s1'), joined('s1', 2, 2), joined('s1', 3, 3), joined('s1', 4, 4), joined('s1', 5, 5));
    const first = open(new MemoryLog(log.entries.slice(0, 1)), path);
    await first.history.caughtUp(signal);
    await first.close();
    log.trimmed = 3;
    const repaired = Object.assign(log, { firstPosition: async () => 4 });
    for (const known of [path, newPath()]) {
      const { history, close } = open(repaired, known);
      await history.caughtUp(signal);
      expect(history.oldest).toBe(3);
      expect(history.placed(3, 10).map(({ position }) => position)).toEqual([4, 5]);
      await close();
    }
  });

  test('REST32: a damaged file is made anew', async () => {
    const path = newPath();
    const log = new MemoryLog();
    log.push(opened('s1'), joined('s1', 2, 2), joined('s1', 3, 3));
    const first = open(log, path);
    await first.history.caughtUp(signal);
    await first.close();
    writeFileSync(path, 'not a database at all, but long enough to look like something');
    const anew = open(new MemoryLog(log.entries), path);
    await anew.history.caughtUp(signal);
    expect(anew.history.eventsAfter(query)).toHaveLength(3);
    await anew.close();
  });

  test('REST33: a log whose beginning is gone starts the history late, and says what is missing', async () => {
    const log = new MemoryLog();
    log.push(opened('s1'), joined('s1', 2, 2), joined('s1', 3, 3));
    const late = new MemoryLog(log.entries);
    late.trimmed = 2;
    const waits: (() => void)[] = [];
    const clock: Clock = {
      ...testClock(() => atMs),
      after: (_delayMs, run) => {
        const timer = setTimeout(run, 1);
        waits.push(run);
        return () => clearTimeout(timer);
      },
    };
    const { history, close } = open(late, newPath(), clock);
    while (history.position < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    late.push(joined('s1', 4, 4));
    while (history.position < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(() => history.eventsAfter(query)).toThrow(expect.objectContaining({ code: 'no_longer_kept' }));
    expect(history.eventsAfter({ ...query, after: 3 })).toHaveLength(1);
    expect(history.lives({ app, channel: 'room', limit: 1 })[0]?.openedMs).toBeUndefined();
    await close();
  });
});

describe('limits', () => {
  test('REST33: rows beyond the limit and older than the limit are deleted, and said to be', () => {
    const tables = HistoryTables.open(newPath(), () => {});
    const entries: LogEntry[] = [{ position: 1, record: asRecord(opened('s1')) }];
    for (let seq = 2; seq <= 3_000; seq++)
      entries.push({ position: seq, record: asRecord(joined('s1', seq, seq)) });
    tables.append(entries);
    tables.retain(0, 1_000);
    expect(tables.eventsAfter({ ...query, limit: 1 })[0]?.seq).toBe(2_001);
    const more: LogEntry[] = [];
    for (let seq = 3_001; seq <= 4_001; seq++)
      more.push({ position: seq, record: asRecord(joined('s1', seq, seq)) });
    tables.append(more);
    const oldest = entries[2_499];
    tables.retain(oldest ? timeOf(oldest.record) : 0, 1_000_000);
    expect(tables.eventsAfter({ ...query, limit: 1 })[0]?.seq).toBe(2_500);
    tables.close();
  });

  test('REST30: waiting is bounded in number and time, and can be given up', async () => {
    const stuck: ReadLog = {
      lastPosition: 5,
      async *follow(_after, following) {
        await new Promise((resolve) => following.addEventListener('abort', resolve));
      },
    };
    const late: (() => void)[] = [];
    const clock: Clock = {
      ...testClock(() => 0),
      after: (delayMs, run) => {
        if (delayMs === limits.historyWaitMs) late.push(run);
        return () => {};
      },
    };
    const { history, close } = open(stuck, newPath(), clock);
    const giveUp = new AbortController();
    const cancelled = history.caughtUp(giveUp.signal);
    giveUp.abort(new Error('gone'));
    expect(cancelled).rejects.toThrow('gone');
    const waiting = Array.from({ length: limits.historyWaitersMax }, () => history.caughtUp(signal));
    const all = Promise.allSettled(waiting);
    expect(history.caughtUp(signal)).rejects.toMatchObject({ code: 'overloaded' });
    late[1]?.();
    expect(waiting[0]).rejects.toMatchObject({ code: 'overloaded' });
    await close();
    expect(waiting[1]).rejects.toMatchObject({ code: 'going_away' });
    await all;
  });
});

test('REST66: a time leads to its place in the log, and to none once what came then was deleted', () => {
  const path = newPath();
  const tables = HistoryTables.open(path, () => {});
  const events = [
    opened('s1'),
    ...Array.from({ length: 40 }, (_, index) => joined('s1', index + 2, index + 2)),
  ];
  // Marks lie between the events: only every third position is one.
  tables.append(events.map((record, index) => ({ position: index * 3 + 2, record: asRecord(record) })));
  const first = events[0]?.atMs ?? 0;
  expect(tables.positionBefore(0)).toBe(0);
  for (const [index, event] of events.entries()) {
    const next = tables.placed(tables.positionBefore(event.atMs) ?? -1, 1)[0];
    expect(next?.event).toEqual(event);
    expect(next?.position).toBe(index * 3 + 2);
  }
  expect(tables.placed(tables.positionBefore(first + 1_000_000) ?? 0, 10)).toEqual([]);
  tables.retain(first + 10, 1_000_000);
  tables.close();
  const again = HistoryTables.open(path, () => {});
  expect(again.placed(0, 1)[0]?.event.seq).toBe(11);
  expect(again.positionBefore(0)).toBeUndefined();
  expect(again.positionBefore(first + 9)).toBeUndefined();
  for (const later of [10, 11])
    expect(again.placed(again.positionBefore(first + later) ?? 0, 1)[0]?.event.seq).toBe(later + 1);
  again.close();
});

test('REST33: what is too old is deleted also while nothing happens, a part at a time, and said to be gone', async () => {
  const log = new MemoryLog();
  const timers: { delayMs: number; run: () => void }[] = [];
  let nowMs = 0;
  const clock: Clock = {
    ...testClock(() => nowMs),
    after: (delayMs, run) => {
      const timer = { delayMs, run };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  };
  const { history, close } = open(log, newPath(), clock);
  const events = [opened('s1'), ...Array.from({ length: 6_000 }, (_, n) => joined('s1', n + 2, n + 2))];
  log.push(...events);
  await history.caughtUp(signal);
  const retain = () => {
    const timer = timers.pop();
    timer?.run();
    return timer?.delayMs;
  };
  nowMs = (events[0]?.atMs ?? 0) + 1;
  expect(retain()).toBe(retainMs);
  expect(history.placed(0, 1)).toHaveLength(1);
  nowMs = (events.at(-1)?.atMs ?? 0) + limits.historyDaysMax * 24 * 3_600_000 + 1;
  expect(retain()).toBe(retainMs);
  expect(history.oldest).toBe(5_000);
  // The rest soon, and then at the usual pace again.
  expect(retain()).toBeLessThan(retainMs);
  expect(history.oldest).toBe(events.length);
  for (const ask of [() => history.placed(0, 1), () => history.positionBefore(1)])
    expect(ask).toThrow(expect.objectContaining({ code: 'no_longer_kept' }));
  expect(history.positionBefore(nowMs)).toBe(events.length);
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([retainMs]);
  await close();
  expect(timers).toEqual([]);
});
