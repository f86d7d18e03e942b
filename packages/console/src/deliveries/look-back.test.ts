import { expect, test } from 'bun:test';
import type { Delivery, DeliveryPage } from '@housecount/client';
import { lookBack, requestsPerLook, rowsPerLook } from './look-back.ts';

const delivery = (seq: number): Delivery => ({
  endpoint: 'main',
  noticeId: `s:${seq}:105`,
  position: seq,
  type: 105,
  channel: 'c',
  sid: 's',
  seq,
  eventMs: seq,
  firstMs: seq,
  lastMs: seq,
  attempts: 1,
  redelivered: 0,
  status: 'delivered',
});

/** A log of `rows` deliveries in which `fits` finds some; a page looks at `scan` of them. */
function log(rows: number, fits: (seq: number) => boolean, scan: number) {
  const asked: (number | undefined)[] = [];
  const ask = async (cursor: number | undefined, limit: number): Promise<DeliveryPage> => {
    asked.push(cursor);
    const deliveries: Delivery[] = [];
    let at = Math.min(cursor ?? rows + 1, rows + 1) - 1;
    for (let looked = 0; at >= 1 && looked < scan; at -= 1, looked += 1) {
      if (!fits(at)) continue;
      deliveries.push(delivery(at));
      if (deliveries.length === limit) return { deliveries, next: at };
    }
    return { deliveries, ...(at >= 1 && { next: at + 1 }) };
  };
  return { ask, asked };
}

test('DEMO12: short and empty pages are passed over until there is a page full of rows', async () => {
  const { ask, asked } = log(1_000, (seq) => seq % 10 === 0, 200);
  const first = await lookBack(ask);
  expect(first.deliveries.map(({ seq }) => seq)).toEqual(
    Array.from({ length: rowsPerLook }, (_, index) => 1_000 - index * 10),
  );
  expect(asked.length).toBe(3);
  const second = await lookBack(ask, first.next);
  const all = [...first.deliveries, ...second.deliveries].map(({ seq }) => seq);
  expect(all).toEqual(Array.from({ length: 100 }, (_, index) => 1_000 - index * 10));
});

test('DEMO12: a search for rare deliveries stops after a bounded number of requests and can go on', async () => {
  const { ask, asked } = log(10_000, (seq) => seq === 1, 1_000);
  const first = await lookBack(ask);
  expect(first.deliveries).toEqual([]);
  expect(first.next).toBeDefined();
  expect(asked.length).toBe(requestsPerLook);
  const second = await lookBack(ask, first.next);
  expect(second).toEqual({ deliveries: [delivery(1)] });
});

test('DEMO12: an empty log is one request', async () => {
  const { ask, asked } = log(0, () => true, 10);
  expect(await lookBack(ask)).toEqual({ deliveries: [] });
  expect(asked).toEqual([undefined]);
});
