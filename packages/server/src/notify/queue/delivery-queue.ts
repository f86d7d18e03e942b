import type { NoticeFormat } from '../endpoint/endpoint.ts';
import type { Notice } from '../notice/notice.ts';
import { BatchQueue } from './batch-queue.ts';
import type { Delivery } from './delivery.ts';
import { MemberQueue } from './member-queue.ts';

/** Decides which notices may go when, and together with which: this makes an endpoint's order. */
export interface DeliveryQueue {
  /** Takes a notice in; they come in order. */
  add(notice: Notice): void;
  /** The next delivery that may be begun; undefined while all that waits must wait for what is under way. */
  next(): Delivery | undefined;
  /** The delivery is done with: what waited for it may go. */
  finish(delivery: Delivery): void;
  /** The part of a delivery that probes a receiver which may be down: the rest waits again, first in the queue. */
  first(delivery: Delivery): Delivery;
  /**
   * The receiver finds the request too large: its notices wait again, first, and go in halves, as does all that follows.
   * False, and nothing is changed, for a request that cannot be smaller.
   */
  split(delivery: Delivery): boolean;
}

/** In `batch` one request after the other, each with all that waits; else a notice a request, in order per member. */
export function deliveryQueue(format: NoticeFormat): DeliveryQueue {
  return format === 'batch' ? new BatchQueue() : new MemberQueue();
}
