import type { Delivery, DeliveryPage } from '@housecount/client';

/** Deliveries shown at a time. */
export const rowsPerLook = 50;
/** Requests for it at most: each looks at a bounded number of deliveries, and what is asked for may be rare. */
export const requestsPerLook = 5;

/**
 * Asks for pages from `cursor` on until there are `rowsPerLook` deliveries, there are no older ones, or
 * `requestsPerLook` were asked: then there is a `next`, and perhaps few rows or none.
 */
export async function lookBack(
  ask: (cursor: number | undefined, limit: number) => Promise<DeliveryPage>,
  cursor?: number,
): Promise<DeliveryPage> {
  const deliveries: Delivery[] = [];
  let next = cursor;
  for (let requests = 0; requests < requestsPerLook; requests += 1) {
    const page = await ask(next, rowsPerLook - deliveries.length);
    deliveries.push(...page.deliveries);
    next = page.next;
    if (next === undefined || deliveries.length >= rowsPerLook) break;
  }
  return { deliveries, ...(next !== undefined && { next }) };
}
