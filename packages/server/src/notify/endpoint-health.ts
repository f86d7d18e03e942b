import type { Clock } from '../clock.ts';

/** An endpoint is paused when nothing has reached it for this long, milliseconds … Chosen. */
export const pauseAfterMs = 5 * 60_000;
/** … and at least this many attempts in a row have failed: one notice that it cannot take is not an outage. Chosen. */
export const pauseAfterFailures = 5;
/** A paused endpoint is tried this often, milliseconds: what its recovery can take to be noticed. Chosen. */
export const probeMs = 60_000;
/** One that was paused when the process ended is tried this long after the start, milliseconds: the log is being read by then. Chosen. */
export const firstProbeMs = 1_000;

/** Why nothing, or next to nothing, is sent. */
export interface Halt {
  /** `suspended`: failed for long, tried now and then. `gone`: it answered 410, and is not tried again until told to. */
  readonly state: 'suspended' | 'gone';
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** What the last attempt before it came to. */
  readonly why: string;
}

/** How an endpoint stands at the start of the process: what said that it is gone is asked once more. */
export function askedAgain(halt: Halt | undefined): Halt | undefined {
  return halt && { ...halt, state: 'suspended' };
}

/** Whether an endpoint as a whole can be reached, from what its attempts come to. */
export class EndpointHealth {
  readonly #clock: Clock;
  readonly #pauses: boolean;
  readonly #probe: () => void;
  #failures = 0;
  #firstFailureMs = 0;
  #halt: Halt | undefined;
  #cancelProbe: () => void = () => {};

  /** `pauses`: long failure pauses it; `halt`: how it stands. `probe` is called every probeMs while it is paused. */
  constructor(
    clock: Clock,
    options: { readonly pauses: boolean; readonly probe: () => void; readonly halt?: Halt | undefined },
  ) {
    this.#clock = clock;
    this.#pauses = options.pauses;
    this.#probe = options.probe;
    const { halt } = options;
    if (!halt || (!this.#pauses && halt.state === 'suspended')) return;
    this.#halt = halt;
    if (halt.state === 'suspended') this.#probeAfter(firstProbeMs);
  }

  get halt(): Halt | undefined {
    return this.#halt;
  }

  /** An attempt was accepted. True if this ends a pause; one that was under way when it said 410 ends nothing. */
  succeeded(): boolean {
    this.#failures = 0;
    if (this.#halt?.state !== 'suspended') return false;
    this.resume();
    return true;
  }

  /** An attempt failed. True if this begins a pause. */
  failed(why: string): boolean {
    const steadyMs = this.#clock.steadyMs();
    if (this.#failures === 0) this.#firstFailureMs = steadyMs;
    this.#failures += 1;
    if (!this.#pauses || this.#halt || this.#failures < pauseAfterFailures) return false;
    if (steadyMs - this.#firstFailureMs < pauseAfterMs) return false;
    this.#halt = { state: 'suspended', sinceMs: this.#clock.nowMs(), why };
    this.#probeAfter(probeMs);
    return true;
  }

  /** It said that it is gone. True if this is news. */
  gone(why: string): boolean {
    if (this.#halt?.state === 'gone') return false;
    this.#cancelProbe();
    this.#halt = { state: 'gone', sinceMs: this.#clock.nowMs(), why };
    return true;
  }

  /** Nothing is held against it any more. */
  resume(): void {
    this.#cancelProbe();
    this.#failures = 0;
    this.#halt = undefined;
  }

  stop(): void {
    this.#cancelProbe();
  }

  #probeAfter(delayMs: number): void {
    this.#cancelProbe = this.#clock.after(delayMs, () => {
      this.#probeAfter(probeMs);
      this.#probe();
    });
  }
}
