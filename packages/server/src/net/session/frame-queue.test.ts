import { expect, test } from 'bun:test';
import { FrameQueue, type FrameQueueBounds } from './frame-queue.ts';

const isOneTooMany: readonly [string, FrameQueueBounds][] = [
  ['too many frames', { pendingFramesMax: 2 }],
  ['too many characters', { pendingFramesMax: 9, pendingCharsMax: 10 }],
];
test.each(isOneTooMany)('KIT3: %s that wait are told, and what waits is not done', async (_, bounds) => {
  const done: string[] = [];
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const queue = new FrameQueue<string>(
    {
      attempt(frame) {
        done.push(frame);
        return frame === 'first' ? first : undefined;
      },
    },
    bounds,
  );
  const frames = ['first', 'second', 'third', 'fourth'];
  expect(frames.map((frame) => queue.take(frame, 5))).toEqual([true, true, true, false]);
  queue.end();
  resolve();
  await first;
  await Promise.resolve();
  expect(done).toEqual(['first']);
});
