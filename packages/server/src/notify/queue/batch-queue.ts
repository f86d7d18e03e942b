import { batchBytesMax, batchNoticesMax } from '@housecount/protocol';
import type { Notice } from '../notice/notice.ts';
import type { Delivery } from './delivery.ts';

const lanes = ['lost', 'events'] as const;
type LaneName = (typeof lanes)[number];

/** A receiver that was down takes one notice, then ten, then a hundred: what it answers at last is not to choke it. Chosen. */
const growth = 10;

/**
 * All that waits in one request, up to a batch's limits, in order, the next only when it is done with. Word of lost
 * events goes beside it: a receiver that does not take it still gets its events.
 */
export class BatchQueue {
  readonly #waiting: Record<LaneName, Notice[]> = { lost: [], events: [] };
  readonly #underWay = new Set<string>();
  /** Notices in one request, as far as the receiver takes them. */
  #most = batchNoticesMax;
  /** Notices in the next request: less than all while the receiver comes back. */
  #size = batchNoticesMax;

  add(notice: Notice): void {
    this.#waiting[notice.event.type === 'events-lost' ? 'lost' : 'events'].push(notice);
  }

  next(): Delivery | undefined {
    for (const lane of lanes) {
      const waiting = this.#waiting[lane];
      if (waiting.length === 0 || this.#underWay.has(lane)) continue;
      this.#underWay.add(lane);
      const length = batchLength(waiting, Math.min(this.#most, this.#size));
      return { notices: waiting.splice(0, length), lane, attempts: 0, planned: 0 };
    }
    return undefined;
  }

  finish({ lane }: Delivery): void {
    this.#underWay.delete(lane);
    this.#size = Math.min(batchNoticesMax, this.#size * growth);
  }

  first(delivery: Delivery): Delivery {
    const [first, ...rest] = delivery.notices;
    if (!first || rest.length === 0) return delivery;
    this.#size = 1;
    this.#again(rest);
    return { ...delivery, notices: [first] };
  }

  split({ lane, notices }: Delivery): boolean {
    if (notices.length < 2) return false;
    this.#most = Math.min(this.#most, Math.ceil(notices.length / 2));
    this.#again(notices);
    this.#underWay.delete(lane);
    return true;
  }

  #again(notices: readonly Notice[]): void {
    const [first] = notices;
    this.#waiting[first?.event.type === 'events-lost' ? 'lost' : 'events'].unshift(...notices);
  }
}

/** The number of notices, from the first on, that one batch of at most `most` holds: at least one. */
export function batchLength(notices: readonly Pick<Notice, 'text'>[], most = batchNoticesMax): number {
  // The brackets; and a comma a notice, one too many.
  let bytes = 1;
  let length = 0;
  for (const { text } of notices) {
    bytes += Buffer.byteLength(text.at(0)) + 1;
    if (length > 0 && (bytes > batchBytesMax || length >= most)) break;
    length += 1;
  }
  return length;
}
