import type { ChannelEvent, NoticeType } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log/contract.ts';
import type { LogEntry } from '../log/record.ts';
import type { Logger } from '../observe/contract.ts';
import { pause } from '../pause.ts';
import { eventOf } from './channel-events.ts';
import { type Cursor, DeliveryWindow } from './delivery-window.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointFilter } from './endpoint-filter.ts';
import { EndpointHealth, type Halt } from './endpoint-health.ts';
import { endpointSigner } from './endpoint-signer.ts';
import type { GivenUp, GivenUpJournal } from './given-up-journal.ts';
import { Lanes } from './lanes.ts';
import type { NoticeText } from './notice-text.ts';
import { withAdded } from './reserved-headers.ts';
import {
  attemptMs,
  describeOutcome,
  isAccepted,
  isGone,
  type Plan,
  planOf,
  type Verdict,
  verdictOf,
} from './retry-plan.ts';
import type { NoticeHeaders } from './signed-headers.ts';
import type { Send, SendOutcome } from './transport.ts';

/** Before the log is followed again after it failed, and a given-up notice is written again; milliseconds, chosen. */
const faultPauseMs = 1_000;

/** One notice on its way to one endpoint. */
interface Delivery {
  readonly position: number;
  readonly event: ChannelEvent;
  readonly text: NoticeText;
  readonly lane: string;
  /** Attempts made. */
  attempts: number;
  /** Those of them that count in the retry plan: all but probes. */
  planned: number;
}

/** A delivery between two attempts. */
interface Waiting {
  readonly dueMs: number;
  readonly cancel: () => void;
}

/** What an attempt came to, as the runner reports it upwards. */
export interface AttemptReport {
  readonly endpoint: Endpoint;
  readonly position: number;
  readonly event: ChannelEvent;
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: SendOutcome;
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: NoticeHeaders;
  /** Id of the redelivery that it is part of; absent for the delivery's own attempts. */
  readonly redelivery?: string;
}

export interface RunnerParts {
  readonly log: Pick<Log, 'follow'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly send: Send;
  readonly journal: GivenUpJournal;
  readonly textOf: (event: ChannelEvent) => NoticeText;
  readonly onAttempt: (report: AttemptReport) => void;
  /** The cursor is not what it was. */
  readonly onMoved: () => void;
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
  readonly inFlight: number;
  /** When the oldest unfinished notice's event was decided, epoch milliseconds; undefined if there is none. */
  readonly oldestEventMs: number | undefined;
  readonly lastAttempt: { readonly atMs: number; readonly result: string } | undefined;
}

/**
 * Delivers to one endpoint. It reads the log at its own pace, so that its receiver, whatever it does, holds up nobody
 * else; what it holds in memory is at most limits.endpointOutstandingMax deliveries, limits.endpointInFlightMax of them
 * in attempts.
 */
export class EndpointRunner {
  readonly endpoint: Endpoint;
  readonly #parts: RunnerParts;
  readonly #sign: ReturnType<typeof endpointSigner>;
  readonly #isFor: ReturnType<typeof endpointFilter>;
  readonly #plan: Plan;
  readonly #window: DeliveryWindow;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #lanes = new Lanes<Delivery>();
  /** May go as soon as there is room in flight: those that were tried before, then the others. */
  readonly #again: Delivery[] = [];
  readonly #fresh: Delivery[] = [];
  readonly #stopping = new AbortController();
  readonly #attempts = new Set<Promise<void>>();
  /** Between attempts, the one that waits longest first. */
  readonly #waiting = new Map<Delivery, Waiting>();
  readonly #health: EndpointHealth;
  readonly #following: Promise<void>;
  #inFlight = 0;
  #wakeReader: () => void = () => {};
  #fault: 'log-failed' | 'journal-failed' | undefined;
  #lastAttempt: RunnerStatus['lastAttempt'];

  constructor(endpoint: Endpoint, cursor: Cursor, parts: RunnerParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#sign = endpointSigner(endpoint);
    this.#isFor = endpointFilter(endpoint);
    this.#plan = planOf(endpoint.retry);
    this.#health = new EndpointHealth(parts.clock, {
      pauses: endpoint.retry !== 'agora',
      probe: () => this.#probe(),
    });
    this.#window = new DeliveryWindow(cursor);
    this.#following = this.#follow();
  }

  /** Everything up to this position is done with; what comes after it must stay in the log. */
  get finishedTo(): number {
    return this.#window.readAfter;
  }

  cursor(): Cursor {
    return this.#window.cursor();
  }

  status(): RunnerStatus {
    const oldest = this.#deliveries.values().next();
    const full = this.#window.size >= limits.endpointOutstandingMax;
    return {
      state: this.#stopping.signal.aborted
        ? 'stopped'
        : (this.#fault ?? this.#health.halt?.state ?? (full ? 'waiting-for-room' : 'running')),
      halt: this.#health.halt,
      through: this.#window.through,
      outstanding: this.#window.size,
      inFlight: this.#inFlight,
      oldestEventMs: oldest.done ? undefined : oldest.value.event.atMs,
      lastAttempt: this.#lastAttempt,
    };
  }

  /** Gives up the attempts under way; they are made again, under the same noticeIds, after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeReader();
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#health.stop();
    await this.#following;
    await Promise.all(this.#attempts);
  }

  /** Sends what waits, although the endpoint was paused or said that it is gone. */
  resume(): void {
    this.#health.resume();
    this.#sendAllWaiting();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    let readTo = this.#window.readAfter;
    while (!signal.aborted) {
      try {
        for await (const batch of this.#parts.log.follow(readTo, signal)) {
          this.#fault = undefined;
          for (const entry of batch) {
            if (this.#window.size >= limits.endpointOutstandingMax && entry.position > this.#window.through)
              await this.#room();
            if (signal.aborted) return;
            this.#take(entry);
            readTo = entry.position;
          }
          this.#parts.onMoved();
        }
      } catch (cause) {
        if (signal.aborted) return;
        this.#fault = 'log-failed';
        this.#parts.logger.error('The log cannot be followed; trying again.', { cause: String(cause) });
      }
      await pause(this.#parts.clock, faultPauseMs, signal);
    }
  }

  /** Until a delivery is finished, or the runner stops. */
  async #room(): Promise<void> {
    while (this.#window.size >= limits.endpointOutstandingMax && !this.#stopping.signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
  }

  #take(entry: LogEntry): void {
    const event = eventOf(entry.record);
    const text = event?.app === this.endpoint.app ? this.#parts.textOf(event) : undefined;
    if (!event || !text || !this.#isFor(event, text.eventType)) {
      this.#window.skip(entry.position);
      return;
    }
    if (!this.#window.take(entry.position)) return;
    const lane = laneOf(event);
    const delivery: Delivery = { position: entry.position, event, text, lane, attempts: 0, planned: 0 };
    this.#deliveries.set(entry.position, delivery);
    if (this.#lanes.enter(lane, delivery)) {
      this.#fresh.push(delivery);
      this.#pump();
    }
  }

  /** Starts attempts while there is room in flight. A paused endpoint is tried with what is due again, not with more. */
  #pump(): void {
    const halted = this.#health.halt?.state;
    while (this.#inFlight < limits.endpointInFlightMax && !this.#stopping.signal.aborted) {
      if (halted === 'gone') return;
      const delivery = this.#again.shift() ?? (halted === undefined ? this.#fresh.shift() : undefined);
      if (!delivery) return;
      delivery.planned += 1;
      this.#start(delivery);
    }
  }

  /** One attempt at a paused endpoint: with the next new notice, else with the one that waits longest, out of its turn. */
  #probe(): void {
    if (this.#inFlight > 0 || this.#stopping.signal.aborted) return;
    const fresh = this.#fresh.shift();
    if (fresh) {
      fresh.planned += 1;
      this.#start(fresh);
      return;
    }
    const next = this.#waiting.entries().next();
    if (next.done) return;
    const [delivery, { dueMs, cancel }] = next.value;
    cancel();
    this.#waiting.delete(delivery);
    this.#start(delivery, dueMs);
  }

  #start(delivery: Delivery, probeOfMs?: number): void {
    this.#inFlight += 1;
    const attempt = this.#attempt(delivery, probeOfMs).finally(() => this.#attempts.delete(attempt));
    this.#attempts.add(attempt);
  }

  /** `probeOfMs`: a probe, after whose failure the delivery waits until then as before. */
  async #attempt(delivery: Delivery, probeOfMs?: number): Promise<void> {
    const { clock, send, onAttempt } = this.#parts;
    const { signal } = this.#stopping;
    delivery.attempts += 1;
    const atMs = clock.nowMs();
    const body = delivery.text.at(atMs);
    const signatures = this.#sign({ id: delivery.text.noticeId, body, atMs });
    const headers = withAdded(this.endpoint.headers, signatures ?? {});
    const { url, allowPrivateNetwork } = this.endpoint;
    // Nothing goes out unsigned.
    const outcome: SendOutcome = !signatures
      ? { answered: false, stage: 'send', detail: 'every secret has ended' }
      : await send({ url, allowPrivateNetwork, headers, body, timeoutMs: attemptMs, signal }).catch(
          (cause: unknown): SendOutcome => {
            // A transport that rejects is a bug, but not one that may cost notices.
            this.#parts.logger.error('The transport failed in a way it should not.', {
              cause: String(cause),
            });
            return { answered: false, stage: 'send', detail: 'internal error' };
          },
        );
    this.#inFlight -= 1;
    const verdict = this.#verdictOf(outcome, delivery, probeOfMs);
    // An attempt that the stop cut short proves nothing. One that was answered 200 all the same is done.
    if (signal.aborted && verdict.next !== 'delivered') return;
    this.#lastAttempt = { atMs, result: describeOutcome(outcome) };
    onAttempt({
      endpoint: this.endpoint,
      position: delivery.position,
      event: delivery.event,
      noticeId: delivery.text.noticeId,
      eventType: delivery.text.eventType,
      attempt: delivery.attempts,
      atMs,
      durationMs: clock.nowMs() - atMs,
      outcome,
      next: verdict.next,
      body,
      headers,
    });
    this.#judge(outcome, verdict);
    if (verdict.next === 'retry') this.#retry(delivery, verdict.afterMs);
    else if (verdict.next === 'delivered' || (await this.#giveUp(delivery, outcome))) this.#finish(delivery);
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
    if (probeOfMs !== undefined) return { next: 'retry', afterMs: Math.max(0, probeOfMs - clock.nowMs()) };
    return verdictOf(outcome, delivery.planned, fraction, { plan: this.#plan, format });
  }

  /** What the attempt says about the endpoint as a whole. */
  #judge(outcome: SendOutcome, verdict: Verdict): void {
    const { logger } = this.#parts;
    if (verdict.next === 'delivered') {
      if (!this.#health.succeeded()) return;
      logger.info('The endpoint answers again; its pause is over.');
      this.#sendAllWaiting();
      return;
    }
    const why = describeOutcome(outcome);
    if (isGone(outcome, this.endpoint.format)) {
      if (this.#health.gone(why))
        logger.warn('The endpoint says that it is gone; nothing is sent to it.', { why });
    } else if (this.#health.failed(why)) {
      logger.warn('The endpoint has failed for long; it is paused and tried now and then.', { why });
    }
  }

  #sendAllWaiting(): void {
    for (const [delivery, { cancel }] of this.#waiting) {
      cancel();
      this.#again.push(delivery);
    }
    this.#waiting.clear();
    this.#pump();
  }

  #retry(delivery: Delivery, afterMs: number): void {
    const { clock } = this.#parts;
    if (afterMs === 0) {
      this.#again.push(delivery);
      return;
    }
    const cancel = clock.after(afterMs, () => {
      this.#waiting.delete(delivery);
      this.#again.push(delivery);
      this.#pump();
    });
    this.#waiting.set(delivery, { dueMs: clock.nowMs() + afterMs, cancel });
  }

  /** True when the notice is on disk as given up; until then the delivery stays open. False if the runner stopped. */
  async #giveUp(delivery: Delivery, outcome: SendOutcome): Promise<boolean> {
    const { clock, journal, logger } = this.#parts;
    const { signal } = this.#stopping;
    // Its slot is free while it waits for the disk.
    this.#pump();
    const entry: GivenUp = {
      position: delivery.position,
      noticeId: delivery.text.noticeId,
      eventType: delivery.text.eventType,
      event: delivery.event,
      attempts: delivery.attempts,
      error: describeOutcome(outcome),
      atMs: clock.nowMs(),
    };
    while (!signal.aborted) {
      try {
        await journal.append(entry);
        if (this.#fault === 'journal-failed') this.#fault = undefined;
        return true;
      } catch (cause) {
        if (this.#fault !== 'journal-failed')
          logger.error('A given-up notice cannot be kept; trying again.', { cause: String(cause) });
        this.#fault = 'journal-failed';
        await pause(clock, faultPauseMs, signal);
      }
    }
    return false;
  }

  #finish(delivery: Delivery): void {
    this.#deliveries.delete(delivery.position);
    this.#window.finish(delivery.position);
    const next = this.#lanes.leave(delivery.lane);
    if (next) this.#fresh.push(next);
    this.#wakeReader();
    this.#parts.onMoved();
  }
}

/** One member's notices, and those of the channel's own life, are sent in order; different members side by side. */
function laneOf(event: ChannelEvent): string {
  return 'uid' in event ? `${event.uid} ${event.channel}` : event.channel;
}
