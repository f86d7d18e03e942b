import type { Clock } from '../../clock.ts';
import type { NoticeFormat } from '../endpoint/endpoint.ts';
import type { Halt } from '../progress/halt.ts';
import type { SendOutcome } from '../send/transport.ts';
import { describeOutcome, isGone, type Plan, quietMsOf } from './retry-plan.ts';

/** An endpoint is paused when nothing has reached it for this long, milliseconds … Chosen. */
export const pauseAfterMs = 5 * 60_000;
/** … and at least this many attempts in a row have failed: one notice that it cannot take is not an outage. Chosen. */
export const pauseAfterFailures = 5;
/**
 * An endpoint from which no attempt has been accepted for this long since one failed, milliseconds, is down, and tried
 * this often, whatever the plans of its notices say. One request in five seconds is nothing to who is back, and next to
 * nothing to who is not. Chosen.
 */
export const probeMs = 5_000;
/** One that is down for long is tried more seldom, at least this often, milliseconds. Chosen. */
export const probeMsMax = 60_000;

/** Time until the next probe of an endpoint that has been down for `downMs`, milliseconds: noticing its return costs a hundredth of that. */
export function probeGapMs(downMs: number): number {
  return Math.min(probeMsMax, Math.max(probeMs, Math.round(downMs / 100)));
}
/** One that was paused when the process ended is tried this long after the start, milliseconds: the log is being read by then. Chosen. */
export const firstProbeMs = 1_000;

export interface HealthOptions {
  readonly format: NoticeFormat;
  readonly plan: Plan;
  /** It is probed while it is down, and long failure pauses it. */
  readonly pauses: boolean;
  /** Called now and then (probeGapMs) while it is down or paused. */
  readonly probe: () => void;
  /** The halt that it begins with; undefined: it has none. */
  readonly halt?: Halt | undefined;
}

/** News of an endpoint as a whole: it answers again, or it is halted. */
export type HealthChange = 'back' | Halt['state'];

/** Judges from the outcomes of its attempts whether an endpoint as a whole can be reached. */
export class EndpointHealth {
  readonly #clock: Clock;
  readonly #format: NoticeFormat;
  readonly #plan: Plan;
  readonly #pauses: boolean;
  readonly #probe: () => void;
  #failures = 0;
  /** A time of the clock that only runs, milliseconds. */
  #firstFailureMs: number;
  /** No probe before this, by the same clock: the receiver asked for it. */
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  /** It failed, and nothing has been accepted in the probeMs after that. */
  #isDown = false;
  #halt: Halt | undefined;
  #cancelProbe: (() => void) | undefined;

  constructor(clock: Clock, options: HealthOptions) {
    this.#clock = clock;
    this.#format = options.format;
    this.#plan = options.plan;
    this.#pauses = options.pauses;
    this.#probe = options.probe;
    this.#firstFailureMs = clock.steadyMs();
    const { halt } = options;
    if (!halt || (!this.#pauses && halt.state === 'suspended')) return;
    this.#halt = halt;
    if (halt.state === 'suspended') this.#probeAfter(firstProbeMs);
  }

  get halt(): Halt | undefined {
    return this.#halt;
  }

  /** Takes in what an attempt came to. The change that it made, if it made one. */
  noted(outcome: SendOutcome, isDelivered: boolean): HealthChange | undefined {
    if (isDelivered) return this.#succeeded() ? 'back' : undefined;
    const why = describeOutcome(outcome);
    if (isGone(outcome, this.#format)) return this.#gone(why) ? 'gone' : undefined;
    return this.#failed(why, quietMsOf(outcome, this.#plan)) ? 'suspended' : undefined;
  }

  /** Nothing is held against it any more. */
  resume(): void {
    this.stop();
    this.#failures = 0;
    this.#quietUntilMs = Number.NEGATIVE_INFINITY;
    this.#isDown = false;
    this.#halt = undefined;
  }

  stop(): void {
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  /** An attempt was accepted. True if this ends an outage; one that was under way when it said 410 ends nothing. */
  #succeeded(): boolean {
    this.#failures = 0;
    if (this.#halt?.state === 'gone') return false;
    const wasDown = this.#isDown || this.#halt !== undefined;
    this.resume();
    return wasDown;
  }

  /** An attempt failed, and the receiver wants to be left alone for `quietMs`. True if this begins a pause. */
  #failed(why: string, quietMs: number): boolean {
    if (!this.#pauses) return false;
    const steadyMs = this.#clock.steadyMs();
    if (this.#failures === 0) this.#firstFailureMs = steadyMs;
    this.#failures += 1;
    this.#quietUntilMs = Math.max(this.#quietUntilMs, steadyMs + quietMs);
    if (this.#halt) return false;
    if (!this.#cancelProbe) this.#probeAfter(probeMs);
    if (this.#failures < pauseAfterFailures || steadyMs - this.#firstFailureMs < pauseAfterMs) return false;
    this.#halt = { state: 'suspended', sinceMs: this.#clock.nowMs(), why };
    return true;
  }

  /** It said that it is gone. True if this is news. */
  #gone(why: string): boolean {
    if (this.#halt?.state === 'gone') return false;
    this.stop();
    this.#halt = { state: 'gone', sinceMs: this.#clock.nowMs(), why };
    return true;
  }

  #probeAfter(delayMs: number): void {
    this.#cancelProbe = this.#clock.after(delayMs, () => {
      this.#isDown = true;
      const steadyMs = this.#clock.steadyMs();
      this.#probeAfter(probeGapMs(steadyMs - this.#firstFailureMs));
      if (steadyMs >= this.#quietUntilMs) this.#probe();
    });
  }
}
