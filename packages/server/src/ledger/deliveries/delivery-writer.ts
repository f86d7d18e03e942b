import type { Clock } from '../../clock.ts';
import type { Counter, Logger } from '../../observe/contract.ts';
import type { KeptRequest } from './delivery.ts';
import { RequestQueue, type RequestQueueLimits } from './request-queue.ts';

/** Attempts wait this long for company, milliseconds: less than a cursor does, so that what a crash loses here is sent again. */
const flushMs = 50;
const retryMs = 1_000;
/** Notices in one transaction, unless one request has more: a few milliseconds. */
const batchMax = 500;
/** Transactions follow each other for this long, milliseconds; then sockets have their turn. */
const flushMsMax = 10;

export interface DeliveryWriterParts {
  readonly clock: Pick<Clock, 'after' | 'steadyMs'>;
  readonly logger: Logger;
  /** Counts notices of which something was dropped for want of room. */
  readonly dropped: Counter;
  /** Writes requests, all or none; fails if it cannot. */
  readonly append: (requests: readonly KeptRequest[]) => void;
  /** Default: those of limits.ts. */
  readonly limits?: RequestQueueLimits;
}

/** Writes what was attempted, some at a time and behind the attempts. */
export class DeliveryWriter {
  readonly #parts: DeliveryWriterParts;
  readonly #queue: RequestQueue;
  #trouble: string | undefined;
  #isStopped = false;
  #cancelFlush: (() => void) | undefined;

  constructor(parts: DeliveryWriterParts) {
    this.#parts = parts;
    this.#queue = new RequestQueue(parts.limits);
  }

  /** Why it is behind for longer than a moment; undefined while it is not. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Notices that wait. */
  get waiting(): number {
    return this.#queue.notices;
  }

  add(request: KeptRequest): void {
    if (this.#isStopped) return;
    const { dropped, clock } = this.#parts;
    this.#queue.add(request);
    const { details, outcomes } = this.#queue.trim();
    if (details > 0) dropped.add(details, { what: 'detail' });
    if (outcomes > 0) dropped.add(outcomes, { what: 'outcome' });
    this.#cancelFlush ??= clock.after(flushMs, () => this.#onFlush());
  }

  /** Writes what waits, for a moment; true if it could. */
  flush(): boolean {
    const { clock } = this.#parts;
    const endMs = clock.steadyMs() + flushMsMax;
    let done = this.#writeBatch();
    while (done && this.#queue.notices > 0 && clock.steadyMs() < endMs) done = this.#writeBatch();
    return done;
  }

  /** Writes all that waits, if it can. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelFlush?.();
    while (this.#queue.notices > 0 && this.#writeBatch());
    const attempts = this.#queue.notices;
    if (attempts > 0) this.#parts.logger.warn('Attempts are lost to the search.', { attempts });
  }

  #onFlush(): void {
    const done = this.flush();
    const { clock } = this.#parts;
    this.#cancelFlush =
      this.#queue.notices === 0 ? undefined : clock.after(done ? 0 : retryMs, () => this.#onFlush());
  }

  #writeBatch(): boolean {
    const batch = this.#queue.first(batchMax);
    if (batch.length === 0) return true;
    const { logger, append } = this.#parts;
    try {
      append(batch);
    } catch (cause) {
      if (this.#trouble === undefined)
        logger.error('The deliveries cannot be written; trying again.', { cause });
      this.#trouble = 'The deliveries cannot be written.';
      return false;
    }
    this.#trouble = undefined;
    this.#queue.remove(batch.length);
    return true;
  }
}
