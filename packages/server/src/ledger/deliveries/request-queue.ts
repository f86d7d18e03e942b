import { limits as defaults, type LimitsOf } from '../../limits.ts';
import type { KeptRequest } from './delivery.ts';

export type RequestQueueLimits = LimitsOf<'deliveryDetailQueueCharsMax' | 'deliveryOutcomeQueueMax'>;

/** Requests that wait to be written. Their number is bounded by what they weigh: first details go, then outcomes. */
export class RequestQueue {
  readonly #limits: RequestQueueLimits;
  #requests: KeptRequest[] = [];
  /** Index of the first request; those before it are gone. */
  #head = 0;
  /** Requests before this one have lost their detail. */
  #firstDetail = 0;
  #detailChars = 0;
  #notices = 0;

  constructor(limits: RequestQueueLimits = defaults) {
    this.#limits = limits;
  }

  /** The number of notices that wait. */
  get notices(): number {
    return this.#notices;
  }

  add(request: KeptRequest): void {
    this.#requests.push(request);
    this.#notices += request.subjects.length;
    this.#detailChars += detailChars(request);
  }

  /** Drops what is beyond the limits, oldest first, and says of how many notices. */
  trim(): { readonly details: number; readonly outcomes: number } {
    let details = 0;
    let outcomes = 0;
    while (this.#detailChars > this.#limits.deliveryDetailQueueCharsMax) {
      const request = this.#requests[this.#firstDetail];
      if (!request) break;
      const { exchange: _, ...made } = request.made;
      this.#requests[this.#firstDetail] = { ...request, made };
      this.#firstDetail += 1;
      this.#detailChars -= detailChars(request);
      details += request.subjects.length;
    }
    while (this.#notices > this.#limits.deliveryOutcomeQueueMax) {
      outcomes += this.#requests[this.#head]?.subjects.length ?? 0;
      this.remove(1);
    }
    return { details, outcomes };
  }

  /** The oldest, with `noticesMax` notices together at most, but at least one if one waits. */
  first(noticesMax: number): readonly KeptRequest[] {
    let end = this.#head;
    let notices = 0;
    for (; end < this.#requests.length; end++) {
      notices += this.#requests[end]?.subjects.length ?? 0;
      if (end > this.#head && notices > noticesMax) break;
    }
    return this.#requests.slice(this.#head, end);
  }

  /** The oldest `count` are done with. */
  remove(count: number): void {
    for (const request of this.#requests.slice(this.#head, this.#head + count)) {
      this.#notices -= request.subjects.length;
      this.#detailChars -= detailChars(request);
    }
    this.#head += count;
    // Cut seldom, so that moving a long array is not the price of every request.
    if (this.#head > 1_000 || this.#head === this.#requests.length) {
      this.#requests = this.#requests.slice(this.#head);
      this.#firstDetail -= this.#head;
      this.#head = 0;
    }
    this.#firstDetail = Math.max(this.#firstDetail, this.#head);
  }
}

function detailChars({ made: { exchange } }: KeptRequest): number {
  return exchange ? exchange.body.length + exchange.answer.length : 0;
}
