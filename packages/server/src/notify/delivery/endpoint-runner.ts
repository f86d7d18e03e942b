import type { EventsLost } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Notice } from '../notice/notice.ts';
import type { Cursor } from '../progress/delivery-window.ts';
import type { Halt } from '../progress/halt.ts';
import type { Delivery } from '../queue/delivery.ts';
import { type DeliveryQueue, deliveryQueue } from '../queue/delivery-queue.ts';
import type { SendOutcome } from '../send/transport.ts';
import type { Attempts } from './attempts.ts';
import { EndpointHealth, type HealthChange } from './endpoint-health.ts';
import type { GiveUp } from './give-up.ts';
import type { NoticeReader, ReaderParts } from './notice-reader.ts';
import { Retries, type Retry } from './retries.ts';
import { describeOutcome, isTooLarge } from './retry-plan.ts';

export interface RunnerLimits {
  /** Requests under way at once. */
  readonly endpointInFlightMax: number;
  /** Notices taken from the log and not finished; of a `batch` endpoint the other. */
  readonly endpointOutstandingMax: number;
  readonly batchOutstandingMax: number;
}

export interface RunnerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly attempts: Attempts;
  readonly giveUp: GiveUp;
  readonly reader: (handlers: Pick<ReaderParts, 'onNotice' | 'onPause'>) => NoticeReader;
  /** Requests under way at once. */
  readonly inFlightMax: number;
  /** Sent before what is read. */
  readonly first: readonly Notice[];
  /** The cursor, or the halt, is not what it was. */
  readonly onMoved: () => void;
  /** The endpoint has been told of this loss. */
  readonly onLostTold: (lost: EventsLost) => void;
  /** It was suspended, or had said that it is gone, when it was last tried. */
  readonly halt: Halt | undefined;
}

export interface RunnerStatus {
  readonly state:
    | 'running'
    | 'waiting-for-room'
    | 'suspended'
    | 'gone'
    | 'log-failed'
    | 'journal-failed'
    | 'stopped';
  /** Since when it is `suspended` or `gone`, and why. */
  readonly halt: Halt | undefined;
  /** Last position taken from the log. */
  readonly through: number;
  /** Notices taken and not finished. */
  readonly outstanding: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** When the oldest unfinished notice's event was decided, epoch milliseconds; undefined if there is none. */
  readonly oldestEventMs: number | undefined;
  readonly lastAttempt: { readonly atMs: number; readonly result: string } | undefined;
}

/**
 * Delivers to one endpoint: its reader takes notices from the log, its queue says which may go when, and each attempt is
 * judged, retried, given up or finished. It reads at its own pace, so that its receiver, whatever it does, holds up nobody
 * else; what it holds in memory is bounded by `endpointOutstandingMax` or `batchOutstandingMax` notices, at
 * most `endpointInFlightMax` requests of them under way.
 */
export class EndpointRunner {
  readonly endpoint: Endpoint;
  readonly #parts: RunnerParts;
  readonly #reader: NoticeReader;
  readonly #queue: DeliveryQueue;
  /** They go before those of the queue. */
  readonly #retries: Retries;
  readonly #health: EndpointHealth;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #inFlight = 0;

  constructor(endpoint: Endpoint, parts: RunnerParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#queue = deliveryQueue(endpoint.format);
    this.#retries = new Retries(parts.clock, () => this.#pump());
    this.#health = new EndpointHealth(parts.clock, {
      format: endpoint.format,
      plan: parts.attempts.plan,
      pauses: endpoint.retry !== 'agora',
      probe: () => this.#probe(),
      halt: parts.halt,
    });
    for (const notice of parts.first) this.#queue.add(notice);
    this.#reader = parts.reader({
      onNotice: (notice) => this.#queue.add(notice),
      onPause: () => {
        this.#pump();
        parts.onMoved();
      },
    });
    this.#pump();
  }

  /** See NoticeReader.finishedTo. */
  get finishedTo(): number {
    return this.#reader.finishedTo;
  }

  get halt(): Halt | undefined {
    return this.#health.halt;
  }

  cursor(): Cursor {
    return this.#reader.cursor();
  }

  status(): RunnerStatus {
    const { through, outstanding, oldestEventMs } = this.#reader;
    return {
      state: this.#state(),
      halt: this.#health.halt,
      through,
      outstanding,
      inFlight: this.#inFlight,
      oldestEventMs,
      lastAttempt: this.#parts.attempts.last,
    };
  }

  /** Gives up the attempts under way; they are made again, under the same noticeIds, after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#retries.stop();
    this.#health.stop();
    await this.#reader.stop();
    await Promise.all(this.#underWay);
  }

  /** Sends what waits, although the endpoint was paused or said that it is gone. */
  resume(): void {
    this.#health.resume();
    this.#sendAllWaiting();
    this.#parts.onMoved();
  }

  #state(): RunnerStatus['state'] {
    if (this.#stopping.signal.aborted) return 'stopped';
    if (this.#parts.giveUp.failing) return 'journal-failed';
    if (this.#reader.failing) return 'log-failed';
    return this.#health.halt?.state ?? (this.#reader.full ? 'waiting-for-room' : 'running');
  }

  /** Starts attempts while there is room in flight. A paused endpoint is tried with what is due again, not with more. */
  #pump(): void {
    const halted = this.#health.halt?.state;
    while (this.#inFlight < this.#parts.inFlightMax && !this.#stopping.signal.aborted) {
      if (halted === 'gone') return;
      const again = this.#retries.next();
      const delivery = again?.delivery ?? (halted === undefined ? this.#queue.next() : undefined);
      if (!delivery) return;
      this.#start(delivery, again?.dueMs);
    }
  }

  /** One attempt at an endpoint that is down: with what comes next, else with what waits longest, out of its turn. */
  #probe(): void {
    if (this.#inFlight > 0 || this.#stopping.signal.aborted) return;
    const fresh = this.#queue.next();
    const probed: Retry | undefined = fresh ? { delivery: fresh } : this.#retries.early();
    if (probed) this.#start(this.#queue.first(probed.delivery), probed.dueMs);
  }

  #sendAllWaiting(): void {
    this.#retries.hurry();
    this.#pump();
  }

  /** `probeOfMs`: a probe, which does not count in the delivery's plan; if it fails, the delivery waits until then as before. */
  #start(delivery: Delivery, probeOfMs?: number): void {
    if (probeOfMs === undefined) delivery.planned += 1;
    this.#inFlight += 1;
    const made = this.#attempt(delivery, probeOfMs).finally(() => this.#underWay.delete(made));
    this.#underWay.add(made);
  }

  async #attempt(delivery: Delivery, probeOfMs?: number): Promise<void> {
    const { attempts } = this.#parts;
    const { signal } = this.#stopping;
    delivery.attempts += 1;
    const attempted = await attempts.make(delivery, signal);
    this.#inFlight -= 1;
    const { outcome } = attempted;
    const verdict = attempts.verdictOf(outcome, delivery, probeOfMs);
    // An attempt that the stop cut short proves nothing. One that was answered 200 all the same is done.
    if (signal.aborted && verdict.next !== 'delivered') return;
    attempts.report(delivery, attempted, verdict);
    const change = this.#health.noted(outcome, verdict.next === 'delivered');
    if (change) this.#changed(change, outcome);
    if (isTooLarge(outcome) && verdict.next === 'retry' && this.#queue.split(delivery)) return this.#pump();
    if (verdict.next === 'retry') this.#retries.add(delivery, verdict.afterMs);
    else if (verdict.next === 'delivered' || (await this.#kept(delivery, outcome))) this.#finish(delivery);
    else this.#retries.add(delivery, 0);
    this.#pump();
  }

  #changed(change: HealthChange, outcome: SendOutcome): void {
    const { logger, onMoved } = this.#parts;
    const why = describeOutcome(outcome);
    if (change === 'back') {
      logger.info('The endpoint answers again; all that waits is sent.');
      this.#sendAllWaiting();
    } else if (change === 'gone')
      logger.warn('The endpoint says that it is gone; nothing is sent to it.', { why });
    else logger.warn('The endpoint has failed for long; it is paused and tried now and then.', { why });
    onMoved();
  }

  /** True when its notices are on disk as given up. */
  #kept(delivery: Delivery, outcome: SendOutcome): Promise<boolean> {
    // Its slot is free while it waits for the disk.
    this.#pump();
    return this.#parts.giveUp.keep(delivery, outcome, this.#stopping.signal);
  }

  #finish(delivery: Delivery): void {
    const { onLostTold, onMoved } = this.#parts;
    this.#parts.giveUp.finished(delivery);
    this.#queue.finish(delivery);
    for (const { event } of delivery.notices) if (event.type === 'events-lost') onLostTold(event);
    this.#reader.finish(delivery.notices);
    onMoved();
  }
}
