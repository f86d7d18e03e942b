import { expect, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { testClock } from '../../../testing/worlds/clock.ts';
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { EventStreams, resumeAfter, type StreamEvent } from './event-stream.ts';

/** A clock whose timers fire when told. */
function manualClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    ...testClock(() => 0),
    after: (delayMs, run) => {
      expect(delayMs).toBe(limits.eventStreamPingMs);
      timers.add(run);
      return () => timers.delete(run);
    },
  };
  const fire = () => {
    for (const run of [...timers]) run();
  };
  return { clock, fire, timers };
}
const never = new AbortController().signal;
const event = (id: number): StreamEvent => ({ event: 'x', id, data: { text: 'a\nb', id } });

test('REST9: an event is one block, with its data on one line; the first id comes at once', async () => {
  const { clock, timers } = manualClock();
  async function* source() {
    yield event(1);
  }
  const response = new EventStreams(clock).respond({ signal: never, source, firstId: 7 });
  expect(await response.text()).toBe(
    ': connected\nid: 7\n\nevent: x\nid: 1\ndata: {"text":"a\\nb","id":1}\n\n',
  );
  expect(timers.size).toBe(0);
});

test('REST9: a failure is told as the last event, and says nothing of the inside', async () => {
  const { clock } = manualClock();
  const failing = (error: Error) =>
    new EventStreams(clock).respond({
      signal: never,
      // biome-ignore lint/correctness/useYield: it fails before it has anything.
      source: async function* (): AsyncIterable<StreamEvent> {
        throw error;
      },
    });
  expect(await failing(new HousecountError('slow_reader', 'Too slow.')).text()).toContain(
    '"code":"slow_reader"',
  );
  const text = await failing(new Error('secret path /x')).text();
  expect(text).toEndWith('event: error\ndata: {"code":"internal","message":"The stream failed."}\n\n');
});

test('REST9: a silent stream is kept open with comments', async () => {
  const { clock, fire, timers } = manualClock();
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* source() {
    await promise;
    yield event(1);
  }
  const reader = new EventStreams(clock).respond({ signal: never, source }).body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toBe(': connected\n\n');
  for (let n = 0; n < 2; n++) {
    const next = read();
    while (timers.size === 0) await Bun.sleep(1);
    fire();
    expect(await next).toBe(': ping\n\n');
  }
  resolve();
  expect(await read()).toContain('id: 1');
  await reader?.cancel();
});

test('REST9: nothing is taken from the source ahead of the reader, and its clean-up runs when the reader goes', async () => {
  const { clock, timers } = manualClock();
  let taken = 0;
  let isClean = false;
  let wasAborted = false;
  async function* source(signal: AbortSignal) {
    try {
      for (;;) yield event(++taken);
    } finally {
      isClean = true;
      wasAborted = signal.aborted;
    }
  }
  const reader = new EventStreams(clock).respond({ signal: never, source }).body?.getReader();
  for (let n = 0; n < 5; n++) await reader?.read();
  expect(taken).toBeLessThanOrEqual(7);
  await reader?.cancel();
  while (!isClean) await Bun.sleep(1);
  expect(wasAborted).toBe(true);
  expect(timers.size).toBe(0);
});

test('REST9: Last-Event-ID goes before the query, if it is a number', () => {
  const ask = (id?: string) =>
    new Request('http://x', { headers: id === undefined ? {} : { 'last-event-id': id } });
  expect(resumeAfter(ask(), 3)).toBe(3);
  expect(resumeAfter(ask('9'), 3)).toBe(9);
  for (const bad of ['', '-1', 'x', '1e3']) expect(resumeAfter(ask(bad), 3)).toBe(3);
});
