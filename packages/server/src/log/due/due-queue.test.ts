import { expect, test } from 'bun:test';
import { liveKey } from '../../channel/channel.ts';
import { DueQueue } from './due-queue.ts';

const key = (name: string) => liveKey('app', name);

/** A day's token: nothing of it comes to the top of the queue while the test runs. */
const tokenMs = 24 * 3_600_000;

test('OPS60: a channel that opens and closes over and over leaves nothing behind in the queue of what is due', () => {
  const queue = new DueQueue();
  queue.set(key('other'), 1);
  for (let life = 0; life < 100_000; life += 1) {
    queue.set(key('channel'), tokenMs);
    queue.set(key('channel'), undefined);
  }
  expect(queue.entries).toBeLessThan(1_000);
  expect(queue.take(tokenMs)).toEqual([key('other')]);
});

test('OPS60: a channel whose time moves over and over is there once, at its last time', () => {
  const queue = new DueQueue();
  const quiet = Array.from({ length: 300 }, (_, at) => at);
  // They are in no order: the heap that is made anew has to find it.
  for (const at of quiet) queue.set(key(`quiet ${(at * 7) % 300}`), 1_000 + ((at * 7) % 300));
  for (let renewal = 0; renewal < 100_000; renewal += 1) queue.set(key('channel'), tokenMs + renewal);
  expect(queue.entries).toBeLessThan(2_000);
  expect(queue.nextMs()).toBe(1_000);
  expect(queue.take(1_299)).toEqual(quiet.map((at) => key(`quiet ${at}`)));
  expect(queue.take(tokenMs + 99_998)).toEqual([]);
  expect(queue.take(tokenMs + 99_999)).toEqual([key('channel')]);
  expect(queue.nextMs()).toBeUndefined();
});
