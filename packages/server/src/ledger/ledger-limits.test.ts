import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelEvent } from '@housecount/protocol';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { reportsForTests } from '../../testing/worlds/delivery-report.ts';
import { appForTests, LifeForTests } from '../../testing/worlds/notify-log.ts';
import { quietLogger, quietMetrics } from '../../testing/worlds/notify-world.ts';
import { asRecord } from '../../testing/worlds/records.ts';
import type { Limits } from '../config/limit-settings.ts';
import { limits } from '../limits.ts';
import { conversationOf } from '../log/record/conversation.ts';
import type { LogRecord } from '../log/record/record.ts';
import { openDeliveries } from './deliveries/deliveries.ts';
import { RequestQueue } from './deliveries/request-queue.ts';
import { openHistory } from './history/history.ts';
import { type ReadLog, retainMs } from './log-reader.ts';
import { openMessages } from './messages/messages.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (let end = ends.pop(); end; end = ends.pop()) await end();
});
const dayMs = 24 * 3_600_000;
const startMs = 1_700_000_000_000;
const logger = quietLogger(() => {});
const never = new AbortController().signal;

function begin() {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-ledger-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SimClock(startMs);
  return { path: join(folder, 'it.db'), time: clock, clock: clock.process() };
}

/** A log that holds these records and grows no more. */
const logOf = (records: readonly LogRecord[]): ReadLog => ({
  lastPosition: records.length,
  async *follow(after, signal) {
    yield records.map((record, at) => ({ position: at + 1, record })).slice(after);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  },
});
/** A log of which nothing can be read. */
const stuck: ReadLog = {
  lastPosition: 5,
  async *follow(_after, signal) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  },
};

/** Opens a read model with these limits, until the end of the test. */
function history(log: ReadLog, over: Partial<Limits>) {
  const { time, ...parts } = begin();
  const ending = new AbortController();
  const own = { ...limits, ...over };
  const it = openHistory({ ...parts, log, logger, limits: own, signal: ending.signal });
  ends.push(() => {
    ending.abort();
    return it.closed;
  });
  return { it, time };
}
function messages(log: ReadLog, over: Partial<Limits>) {
  const { time, ...parts } = begin();
  const ending = new AbortController();
  const own = { ...limits, ...over };
  const daysOf = new Map([[appForTests, 30]]);
  const it = openMessages({ ...parts, log, logger, daysOf, limits: own, signal: ending.signal });
  ends.push(() => {
    ending.abort();
    return it.closed;
  });
  return { it, time };
}
const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'ok',
    (error: { code?: string }) => String(error.code),
  );

describe.each([
  ['the history', history, { historyWaitersMax: 2, historyWaitMs: 100 }],
  ['the file of kept messages', messages, { messageWaitersMax: 2, messageWaitMs: 100 }],
] as const)('who waits for what is behind the log: %s', (what, open, own) => {
  test('LIMIT7, LIMIT11: as many wait as …WaitersMax says, for as long as …WaitMs says', async () => {
    const { it, time } = open(stuck, own);
    const waiting = [it.caughtUp(never), it.caughtUp(never)].map(codeOf);
    const refused: unknown = await it.caughtUp(never).catch((error: unknown) => error);
    // With the sentence of nothing else that may be full.
    expect(refused).toMatchObject({ code: 'overloaded' });
    expect(String(refused)).toEndWith(
      `The server has too much to do. As many requests wait for ${what} as may. That is 2.`,
    );
    await time.advance(99);
    expect(await Promise.race([...waiting, 'waits'])).toBe('waits');
    await time.advance(1);
    expect(await Promise.all(waiting)).toEqual(['overloaded', 'overloaded']);
  });
});

const eventsAt = (atMs: number, members: number): ChannelEvent[] =>
  new LifeForTests('stage').whole(members).map((event) => ({ ...event, atMs }));

test('LIMIT7: as many wait for events as pullWaitersMax says', async () => {
  const { it } = history(logOf([]), { pullWaitersMax: 1 });
  const leaving = new AbortController();
  const first = codeOf(it.news(appForTests, 1_000, leaving.signal));
  expect(await codeOf(it.news(appForTests, 1_000, never))).toBe('too_many_connections');
  leaving.abort();
  await first;
});

test('LIMIT7: the history has as many positions as historyRowsMax says', async () => {
  const records = eventsAt(startMs, 4).map(asRecord);
  const { it, time } = history(logOf(records), { historyRowsMax: 3 });
  await it.caughtUp(never);
  expect(it.oldest).toBe(0);
  await time.advance(retainMs);
  expect(it.oldest).toBe(records.length - 3);
});

test('LIMIT7: the history goes back as many days as historyDaysMax says', async () => {
  const records = eventsAt(startMs - 2 * dayMs, 4).map(asRecord);
  const { it, time } = history(logOf(records), { historyDaysMax: 1 });
  await it.caughtUp(never);
  await time.advance(retainMs);
  expect(it.oldest).toBe(records.length);
});

test('LIMIT7: kept messages take as many bytes as messageBytesMax says', async () => {
  const message = (atMs: number): LogRecord => ({
    type: 'message',
    app: appForTests,
    channelType: 'MESSAGE',
    channel: 'lobby',
    publisher: 'ann',
    content: { text: 'hello' },
    atMs,
  });
  const { it, time } = messages(logOf([message(startMs), message(startMs + 1)]), { messageBytesMax: 1 });
  const conversation = conversationOf({
    app: appForTests,
    channelType: 'MESSAGE',
    channel: 'lobby',
    publisher: '',
  });
  const read = async () => {
    const { messages: found } = await it.read(
      { app: appForTests, conversation, start: 0, end: 0, limit: 10 },
      never,
    );
    return found.length;
  };
  expect(await read()).toBe(2);
  await time.advance(retainMs);
  expect(await read()).toBe(0);
});

/** Deliveries with these limits, of notices made now. */
function deliveries(count: number, over: Partial<Limits>, changes = {}) {
  const { time, ...parts } = begin();
  const it = openDeliveries({ ...parts, logger, metrics: quietMetrics, limits: { ...limits, ...over } });
  ends.push(() => it.stop());
  const reports = reportsForTests(count, changes);
  for (const report of reports) it.record(report);
  const found = () => it.search({ filter: { app: appForTests }, limit: 100 }).deliveries.length;
  return { it, time, reports, found };
}

test('LIMIT7: as many deliveries can be searched as deliveryRowsMax says', () => {
  const { found } = deliveries(5, { deliveryRowsMax: 3 });
  expect(found()).toBe(3);
});

test('LIMIT7: deliveries can be searched for as many days as deliveryDaysMax says', async () => {
  const { found, time } = deliveries(5, { deliveryDaysMax: 1 });
  expect(found()).toBe(5);
  await time.advance(dayMs + 3 * 60_000);
  expect(found()).toBe(0);
});

test('LIMIT7: as much of requests and answers is shown with a delivery as deliveryExchangeCharsMax says', () => {
  const shown = (deliveryExchangeCharsMax: number) => {
    const { it, reports } = deliveries(1, { deliveryExchangeCharsMax }, { next: 'retry' });
    const [report] = reports;
    if (!report) throw new Error('one report');
    for (const attempt of [2, 3]) it.record({ ...report, attempt });
    const made = it.read(appForTests, 'good', report.noticeId)?.made;
    return made?.filter(({ exchange }) => exchange).length;
  };
  expect([shown(1), shown(limits.deliveryExchangeCharsMax)]).toEqual([1, 3]);
});

test('LIMIT7: as much waits for the file of deliveries as deliveryDetailQueueCharsMax and deliveryOutcomeQueueMax say', () => {
  const queue = new RequestQueue({ deliveryDetailQueueCharsMax: 10, deliveryOutcomeQueueMax: 3 });
  const subject = {
    noticeId: 'n',
    position: 1,
    type: 105,
    channel: 'c',
    sid: 's',
    seq: 1,
    eventMs: 1,
  } as const;
  const made = { attempt: 1, atMs: 1, durationMs: 1, next: 'delivered' } as const;
  const exchange = { headers: {}, body: '123456', answer: '' };
  for (let at = 0; at < 2; at += 1)
    queue.add({ app: appForTests, endpoint: 'e', made: { ...made, exchange }, subjects: [subject, subject] });
  expect(queue.trim()).toEqual({ details: 2, outcomes: 2 });
});
