import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { limits } from '../../limits.ts';
import type { LogEntry } from '../../log/record/record.ts';
import { SubscriberEvents } from './subscriber-events.ts';

const key = { app: 'a'.repeat(32), kind: 'message', name: 'lobby' } as const;
const { signal } = new AbortController();

type Follows = ConstructorParameters<typeof SubscriberEvents>[0];
const clock = new SimClock();
/** Without waiting. */
const subscriberEvents = (
  log: Follows,
  place: typeof key,
  options: { after: number; size: number; signal: AbortSignal },
) => new SubscriberEvents(log, clock.process()).after(place, { ...options, waitMs: 0 });

/** A log of `last` records that are of no interest here, of which those before `first` are gone. */
function logOf({ first, last, handsOut = first }: { first: number; last: number; handsOut?: number }) {
  return {
    firstPosition: async () => first,
    lastPosition: last,
    async *follow(after: number): AsyncIterable<readonly LogEntry[]> {
      const begin = Math.max(after + 1, handsOut);
      yield Array.from({ length: last - begin + 1 }, (_, n): LogEntry => {
        const record = { type: 'rule-deleted', app: key.app, ruleId: 1, atMs: 1 } as const;
        return { position: begin + n, record };
      });
      throw new Error('nobody waits for more');
    },
  };
}

test('REST77: a bounded part of the log is read for each answer, and the cursor goes on', async () => {
  const last = limits.subscriberEventsScanMax + 7;
  const log = logOf({ first: 1, last });
  const one = await subscriberEvents(log, key, { after: 0, size: 10, signal });
  expect(one).toEqual({ events: [], through: limits.subscriberEventsScanMax, more: true });
  const two = await subscriberEvents(log, key, { after: one.through, size: 10, signal });
  expect(two).toEqual({ events: [], through: last, more: false });
  const three = await subscriberEvents(log, key, { after: last, size: 10, signal });
  expect(three).toEqual({ events: [], through: last, more: false });
});

test('REST78: what the log no longer has is refused, also if it goes while it is read', async () => {
  const refused = (first: number, after: number, handsOut?: number) =>
    subscriberEvents(logOf({ first, last: 100, ...(handsOut !== undefined && { handsOut }) }), key, {
      after,
      size: 10,
      signal,
    }).then(
      () => 'taken',
      (error: { code: string }) => error.code,
    );
  expect(await refused(50, 48)).toBe('no_longer_kept');
  expect(await refused(50, 49)).toBe('taken');
  expect(await refused(50, 60, 70)).toBe('no_longer_kept');
  expect(await refused(1, 101)).toBe('no_longer_kept');
});

test('REST77: a request that waits is answered by the first event of that channel, else empty at its end; too many are refused', async () => {
  const joined = (channel: string) =>
    ({
      type: 'channel',
      key: { ...key, name: channel },
      change: { type: 'member-joined', seq: 2 },
    }) as unknown as LogEntry['record'];
  let lastPosition = 3;
  const readers = new Set<(entry: LogEntry) => void>();
  const log: Follows = {
    firstPosition: async () => 1,
    get lastPosition() {
      return lastPosition;
    },
    async *follow(_: number, ends: AbortSignal): AsyncIterable<readonly LogEntry[]> {
      while (!ends.aborted) {
        const entry = await new Promise<LogEntry | undefined>((resolve) => {
          readers.add(resolve);
          ends.addEventListener('abort', () => resolve(undefined), { once: true });
        });
        if (entry) yield [entry];
      }
    },
  };
  const happens = async (record: LogEntry['record']) => {
    lastPosition += 1;
    const told = [...readers];
    readers.clear();
    for (const tell of told) tell({ position: lastPosition, record });
    await Bun.sleep(0);
  };
  const time = clock.process();
  const events = new SubscriberEvents(log, time);
  const ask = (waitMs: number) => events.after(key, { after: 3, size: 10, waitMs, signal });
  const waiting = ask(50_000);
  await Bun.sleep(0);
  await happens(joined('elsewhere'));
  await happens(joined('lobby'));
  expect<unknown>(await waiting).toEqual({
    events: [{ type: 'member-joined', seq: 2 }],
    through: 5,
    more: false,
  });
  lastPosition = 3;
  const inVain = ask(1_000);
  await Bun.sleep(0);
  await happens(joined('elsewhere'));
  await clock.advance(1_000);
  expect(await inVain).toEqual({ events: [], through: 4, more: false });
  lastPosition = 3;
  const many = Array.from({ length: limits.subscriberWaitersMax }, () => ask(1_000));
  await Bun.sleep(0);
  expect(await ask(1_000).catch(({ code }) => code)).toBe('too_many_connections');
  await clock.advance(1_000);
  await Promise.all(many);
  const again = ask(1_000);
  await Bun.sleep(0);
  await clock.advance(1_000);
  expect(await again).toEqual({ events: [], through: 3, more: false });
});
