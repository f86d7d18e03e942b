import type { EventsLost } from '@housecount/protocol';
import type { Clock, Random } from '../../clock.ts';
import { limits } from '../../limits.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogEntry } from '../../log/record.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { endpointFilter } from '../endpoint/endpoint-filter.ts';
import { endpointSigner } from '../endpoint/endpoint-signer.ts';
import { eventOf } from '../notice/channel-events.ts';
import type { Delivery, Notice } from '../notice/notice.ts';
import type { NoticeEvent } from '../notice/notice-event.ts';
import type { NoticeText } from '../notice/notice-text.ts';
import type { Cursor } from '../progress/delivery-window.ts';
import type { GivenUp, GivenUpJournal } from '../progress/given-up-journal.ts';
import { type DeliveryQueue, deliveryQueue } from '../queue/delivery-queue.ts';
import type { Send, SendOutcome } from '../send/transport.ts';
import { type AttemptReport, attempt } from './attempt.ts';
import { EndpointHealth, type Halt } from './endpoint-health.ts';
import { NoticeReader } from './notice-reader.ts';
import {
  describeOutcome,
  isAccepted,
  isGone,
  isTooLarge,
  type Plan,
  planOf,
  quietMsOf,
  type Verdict,
  verdictOf,
} from './retry-plan.ts';

/** Before a given-up notice is written again, milliseconds … Chosen. */
const faultPauseMs = 1_000;
/** … and so many times in a row; then the receiver is asked again: 5 min, in which either may be mended. Chosen. */
const keepTriesMax = 300;
/** Word of lost events is never given up: when its plan is spent it is tried this often, milliseconds. Chosen. */
const lostAgainMs = 3_600_000;

/** A delivery whose next attempt is nearer than this, milliseconds, is not probed with before. Chosen. */
const soonMs = 1_000;

/** A delivery between two attempts. */
interface Waiting {
  readonly dueMs: number;
  readonly cancel: () => void;
}

export interface RunnerParts {
  readonly log: Pick<Feed, 'follow'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly send: Send;
  readonly journal: Pick<GivenUpJournal, 'append' | 'has'>;
  readonly textOf: (event: NoticeEvent) => NoticeText;
  readonly onAttempt: (report: AttemptReport) => void;
  /** The cursor, or the halt, is not what it was. */
  readonly onMoved: () => void;
  /** To be told to the endpoint, beside its events; each is handed to `onLostTold` when it has been. */
  readonly lost: readonly EventsLost[];
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
 * Delivers to one endpoint. It reads the log at its own pace, so that its receiver, whatever it does, holds up nobody
 * else; what it holds in memory is bounded by limits.endpointOutstandingMax or limits.batchOutstandingMax notices, at
 * most limits.endpointInFlightMax requests of them under way.
 */
export class EndpointRunner {
  readonly endpoint: Endpoint;
  readonly #parts: RunnerParts;
  readonly #sign: ReturnType<typeof endpointSigner>;
  readonly #plan: Plan;
  readonly #reader: NoticeReader;
  /**
   * May go as soon as there is room in flight, before those of the queue: they were tried before. `dueMs`: it goes out of
   * its turn, which does not count in its plan, and waits until then as before if it fails.
   */
  readonly #again: { readonly delivery: Delivery; readonly dueMs?: number }[] = [];
  readonly #queue: DeliveryQueue;
  readonly #stopping = new AbortController();
  readonly #attempts = new Set<Promise<void>>();
  /** Between attempts, the one that waits longest first. */
  readonly #waiting = new Map<Delivery, Waiting>();
  readonly #health: EndpointHealth;
  #inFlight = 0;
  /** Those that were given up and cannot be kept. */
  readonly #unkept = new Set<Delivery>();
  #lastAttempt: RunnerStatus['lastAttempt'];

  constructor(endpoint: Endpoint, cursor: Cursor, parts: RunnerParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#sign = endpointSigner(endpoint);
    this.#plan = planOf(endpoint.retry);
    this.#queue = deliveryQueue(endpoint.format);
    this.#health = new EndpointHealth(parts.clock, {
      pauses: endpoint.retry !== 'agora',
      probe: () => this.#probe(),
      halt: parts.halt,
    });
    for (const event of parts.lost) this.#queue.add({ position: 0, event, text: parts.textOf(event) });
    const isFor = endpointFilter(endpoint);
    this.#reader = new NoticeReader({
      ...parts,
      cursor,
      outstandingMax:
        endpoint.format === 'batch' ? limits.batchOutstandingMax : limits.endpointOutstandingMax,
      noticeOf: (entry) => this.#noticeOf(entry, isFor),
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
      lastAttempt: this.#lastAttempt,
    };
  }

  /** Gives up the attempts under way; they are made again, under the same noticeIds, after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#health.stop();
    await this.#reader.stop();
    await Promise.all(this.#attempts);
  }

  /** Sends what waits, although the endpoint was paused or said that it is gone. */
  resume(): void {
    this.#health.resume();
    this.#sendAllWaiting();
    this.#parts.onMoved();
  }

  #state(): RunnerStatus['state'] {
    if (this.#stopping.signal.aborted) return 'stopped';
    if (this.#unkept.size > 0) return 'journal-failed';
    if (this.#reader.failing) return 'log-failed';
    return this.#health.halt?.state ?? (this.#reader.full ? 'waiting-for-room' : 'running');
  }

  #noticeOf(entry: LogEntry, isFor: ReturnType<typeof endpointFilter>): Notice | undefined {
    const event = eventOf(entry.record);
    if (event?.app !== this.endpoint.app) return undefined;
    const { textOf, journal } = this.#parts;
    const text = textOf(event);
    const { position } = entry;
    if (!isFor(event, text.eventType) || journal.has(position, text.noticeId)) return undefined;
    return { position, event, text };
  }

  /** Starts attempts while there is room in flight. A paused endpoint is tried with what is due again, not with more. */
  #pump(): void {
    const halted = this.#health.halt?.state;
    while (this.#inFlight < limits.endpointInFlightMax && !this.#stopping.signal.aborted) {
      if (halted === 'gone') return;
      const again = this.#again.shift();
      const delivery = again?.delivery ?? (halted === undefined ? this.#queue.next() : undefined);
      if (!delivery) return;
      if (again?.dueMs === undefined) delivery.planned += 1;
      this.#start(delivery, again?.dueMs);
    }
  }

  /** One attempt at an endpoint that is down: with what comes next, else with what waits longest, out of its turn. */
  #probe(): void {
    const { clock } = this.#parts;
    if (this.#inFlight > 0 || this.#stopping.signal.aborted) return;
    const fresh = this.#queue.next();
    if (fresh) {
      const delivery = this.#queue.first(fresh);
      delivery.planned += 1;
      this.#start(delivery);
      return;
    }
    const next = this.#waiting.entries().next();
    if (next.done) return;
    const [delivery, { dueMs, cancel }] = next.value;
    // Its own attempt is as good, and does not take a request apart.
    if (dueMs - clock.steadyMs() <= soonMs) return;
    cancel();
    this.#waiting.delete(delivery);
    this.#start(this.#queue.first(delivery), dueMs);
  }

  #start(delivery: Delivery, probeOfMs?: number): void {
    this.#inFlight += 1;
    const made = this.#attempt(delivery, probeOfMs).finally(() => this.#attempts.delete(made));
    this.#attempts.add(made);
  }

  /** `probeOfMs`: a probe, after whose failure the delivery waits until then as before. */
  async #attempt(delivery: Delivery, probeOfMs?: number): Promise<void> {
    const { logger, onAttempt } = this.#parts;
    const { signal } = this.#stopping;
    delivery.attempts += 1;
    const attempted = await attempt(this.endpoint, delivery.notices, {
      ...this.#parts,
      sign: this.#sign,
      signal,
      onBug: (cause) =>
        logger.error('The transport failed in a way it should not.', { cause: String(cause) }),
    });
    this.#inFlight -= 1;
    const { outcome, atMs } = attempted;
    const verdict = this.#verdictOf(outcome, delivery, probeOfMs);
    // An attempt that the stop cut short proves nothing. One that was answered 200 all the same is done.
    if (signal.aborted && verdict.next !== 'delivered') return;
    this.#lastAttempt = { atMs, result: describeOutcome(outcome) };
    const { endpoint } = this;
    const { notices, attempts } = delivery;
    onAttempt({ endpoint, notices, attempt: attempts, next: verdict.next, ...attempted });
    this.#judge(outcome, verdict);
    if (isTooLarge(outcome) && verdict.next === 'retry' && this.#queue.split(delivery)) return this.#pump();
    if (verdict.next === 'retry') this.#retry(delivery, verdict.afterMs);
    else if (verdict.next === 'delivered' || (await this.#giveUp(delivery, outcome))) this.#finish(delivery);
    else this.#retry(delivery, 0);
    this.#pump();
  }

  #verdictOf(outcome: SendOutcome, delivery: Delivery, probeOfMs: number | undefined): Verdict {
    const { clock, random } = this.#parts;
    const { format } = this.endpoint;
    const fraction = random.fraction();
    if (isAccepted(outcome, format)) return { next: 'delivered' };
    if (isGone(outcome, format)) {
      // A word about the endpoint, not about this notice: it waits as if it had not been tried.
      if (probeOfMs === undefined) delivery.planned -= 1;
      return { next: 'retry', afterMs: 0 };
    }
    // It goes in halves at once.
    if (isTooLarge(outcome) && delivery.notices.length > 1) return { next: 'retry', afterMs: 0 };
    if (probeOfMs !== undefined) return { next: 'retry', afterMs: Math.max(0, probeOfMs - clock.steadyMs()) };
    const verdict = verdictOf(outcome, delivery.planned, fraction, { plan: this.#plan, format });
    const isWordOfLost = delivery.notices[0]?.event.type === 'events-lost';
    return verdict.next === 'give-up' && isWordOfLost ? { next: 'retry', afterMs: lostAgainMs } : verdict;
  }

  /** What the attempt says about the endpoint as a whole. */
  #judge(outcome: SendOutcome, verdict: Verdict): void {
    const { logger, onMoved } = this.#parts;
    if (verdict.next === 'delivered') {
      if (!this.#health.succeeded()) return;
      logger.info('The endpoint answers again; all that waits is sent.');
      this.#sendAllWaiting();
      onMoved();
      return;
    }
    const why = describeOutcome(outcome);
    if (isGone(outcome, this.endpoint.format)) {
      if (!this.#health.gone(why)) return;
      logger.warn('The endpoint says that it is gone; nothing is sent to it.', { why });
      onMoved();
    } else if (this.#health.failed(why, quietMsOf(outcome, this.#plan))) {
      logger.warn('The endpoint has failed for long; it is paused and tried now and then.', { why });
      onMoved();
    }
  }

  #sendAllWaiting(): void {
    for (const [delivery, { dueMs, cancel }] of this.#waiting) {
      cancel();
      this.#again.push({ delivery, dueMs });
    }
    this.#waiting.clear();
    this.#pump();
  }

  #retry(delivery: Delivery, afterMs: number): void {
    const { clock } = this.#parts;
    if (afterMs === 0) {
      this.#again.push({ delivery });
      return;
    }
    const cancel = clock.after(afterMs, () => {
      this.#waiting.delete(delivery);
      this.#again.push({ delivery });
      this.#pump();
    });
    this.#waiting.set(delivery, { dueMs: clock.steadyMs() + afterMs, cancel });
  }

  /** True when its notices are on disk as given up. False if they cannot be kept, or the runner stopped: it stays open. */
  async #giveUp(delivery: Delivery, outcome: SendOutcome): Promise<boolean> {
    const { clock, journal, logger } = this.#parts;
    const { signal } = this.#stopping;
    const { notices, attempts } = delivery;
    // Its slot is free while it waits for the disk.
    this.#pump();
    const error = describeOutcome(outcome);
    const atMs = clock.nowMs();
    const entries = notices.flatMap(({ position, event, text: { noticeId, eventType } }): GivenUp[] =>
      event.type === 'events-lost' ? [] : [{ position, noticeId, eventType, event, attempts, error, atMs }],
    );
    for (let tries = 0; tries < keepTriesMax && !signal.aborted; tries++) {
      try {
        await journal.append(entries);
        return true;
      } catch (cause) {
        if (this.#unkept.size === 0)
          logger.error('A given-up notice cannot be kept; trying again.', { cause: String(cause) });
        this.#unkept.add(delivery);
        await pause(clock, faultPauseMs, signal);
      }
    }
    return false;
  }

  #finish(delivery: Delivery): void {
    const { onLostTold, onMoved } = this.#parts;
    this.#unkept.delete(delivery);
    this.#queue.finish(delivery);
    for (const { event } of delivery.notices) if (event.type === 'events-lost') onLostTold(event);
    this.#reader.finish(delivery.notices);
    onMoved();
  }
}
