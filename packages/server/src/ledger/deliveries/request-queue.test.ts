import { expect, test } from 'bun:test';
import { limits } from '../../limits.ts';
import type { KeptRequest } from './delivery.ts';
import { RequestQueue } from './request-queue.ts';

function request(notices: number, body?: string): KeptRequest {
  return {
    app: 'a',
    endpoint: 'e',
    made: {
      attempt: 1,
      atMs: 1,
      durationMs: 1,
      next: 'delivered',
      ...(body !== undefined && { exchange: { headers: {}, body, answer: '' } }),
    },
    subjects: Array.from({ length: notices }, (_, index) => ({
      noticeId: `n${index}`,
      position: 1,
      type: 105,
      channel: 'c',
      sid: 's',
      seq: index,
      eventMs: 1,
    })),
  };
}
const sizes = (requests: readonly KeptRequest[]) => requests.map(({ subjects }) => subjects.length);

test('HOOK103: requests are taken in order, up to a number of notices, but one at least', () => {
  const queue = new RequestQueue();
  expect(queue.first(10)).toEqual([]);
  for (const notices of [3, 3, 5, 1_000, 1]) queue.add(request(notices));
  expect(sizes(queue.first(10))).toEqual([3, 3]);
  queue.remove(2);
  expect(sizes(queue.first(10))).toEqual([5]);
  queue.remove(1);
  expect(sizes(queue.first(10))).toEqual([1_000]);
  queue.remove(1);
  expect([sizes(queue.first(10)), queue.notices]).toEqual([[1], 1]);
});

test('HOOK103: details are counted off as their requests are written, so that only a jam drops any', () => {
  const queue = new RequestQueue();
  const body = 'x'.repeat(limits.deliveryDetailQueueCharsMax / 4);
  for (let turn = 0; turn < 5_000; turn++) {
    queue.add(request(2, body));
    expect(queue.trim()).toEqual({ details: 0, outcomes: 0 });
    if (turn >= 4) queue.remove(1);
    if (turn === 3) queue.remove(1);
  }
  queue.add(request(2, body));
  queue.add(request(2, body));
  expect(queue.trim().details).toBeGreaterThan(0);
  expect(queue.trim()).toEqual({ details: 0, outcomes: 0 });
});

test('HOOK103: of a jam the oldest lose their detail, then their outcome, each counted once', () => {
  const queue = new RequestQueue();
  const body = 'x'.repeat(limits.deliveryDetailQueueCharsMax / 2);
  for (let count = 0; count < 3; count++) queue.add(request(7, body));
  expect(queue.trim()).toEqual({ details: 7, outcomes: 0 });
  const hasDetail = () => queue.first(1_000_000).map(({ made }) => made.exchange !== undefined);
  expect(hasDetail()).toEqual([false, true, true]);
  queue.add(request(limits.deliveryOutcomeQueueMax - 10));
  expect(queue.trim()).toEqual({ details: 0, outcomes: 14 });
  expect(queue.notices).toBe(limits.deliveryOutcomeQueueMax - 3);
  expect(hasDetail()).toEqual([true, false]);
  queue.add(request(1, body));
  queue.add(request(1, body));
  expect(queue.trim()).toEqual({ details: 7, outcomes: 0 });
  expect(hasDetail()).toEqual([false, false, true, true]);
});
