import type { Notice } from '../notice/notice.ts';
import { laneOf } from '../notice/notice-event.ts';
import type { Delivery } from './delivery.ts';
import { Lanes } from './lanes.ts';

/** One notice a request, in order within a lane, lanes side by side. */
export class MemberQueue {
  readonly #lanes = new Lanes<Delivery>();
  readonly #ready: Delivery[] = [];

  add(notice: Notice): void {
    const delivery: Delivery = { notices: [notice], lane: laneOf(notice.event), attempts: 0, planned: 0 };
    if (this.#lanes.enter(delivery.lane, delivery)) this.#ready.push(delivery);
  }

  next(): Delivery | undefined {
    return this.#ready.shift();
  }

  finish({ lane }: Delivery): void {
    const next = this.#lanes.leave(lane);
    if (next) this.#ready.push(next);
  }

  first(delivery: Delivery): Delivery {
    return delivery;
  }

  split(): boolean {
    return false;
  }
}
