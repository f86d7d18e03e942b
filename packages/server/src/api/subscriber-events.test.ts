import { expect, test } from 'bun:test';
import { limits } from '../limits.ts';
import type { LogEntry } from '../log/record.ts';
import { subscriberEvents } from './subscriber-events.ts';

const key = { app: 'a'.repeat(32), channelType: 'MESSAGE', channel: 'lobby' } as const;
const { signal } = new AbortController();

/** A log of `last` records that are of no interest here, of which those before `first` are gone. */
function logOf({ first, last, handsOut = first }: { first: number; last: number; handsOut?: number }) {
  return {
    firstPosition: first,
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
