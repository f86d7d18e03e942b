import type { Clock } from '../../clock.ts';

/** Interval of the looks whether time went on as it should, milliseconds. */
const beatMs = 1_000;
/** The delay of a look, milliseconds, above which the server counts as having stood still. Chosen: no garbage collection takes longer. */
const stallMsMax = 2_000;
/** A difference between the log's time and one that only runs, milliseconds, that no slewing makes between two looks. */
const jumpMsMin = 1_000;

/**
 * Counts the time in which nobody could be heard though the log's time went on: the clock was set, or the machine or the
 * process was suspended. Such time is held against nobody.
 */
export class BlindTime {
  readonly #clock: Clock;
  #nowMs: number;
  #steadyMs: number;
  #blindMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.nowMs();
    this.#steadyMs = clock.steadyMs();
  }

  /** Looks regularly from now on, so that a longer gap between two looks is known to be no idleness. */
  start(): void {
    this.#look();
    this.#cancel = this.#clock.after(beatMs, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The blind time since the last call, milliseconds. */
  take(): number {
    this.#look();
    const blindMs = this.#blindMs;
    this.#blindMs = 0;
    return blindMs;
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    const steadyMs = this.#clock.steadyMs();
    const passedMs = steadyMs - this.#steadyMs;
    const jumpedMs = nowMs - this.#nowMs - passedMs;
    this.#nowMs = nowMs;
    this.#steadyMs = steadyMs;
    if (jumpedMs >= jumpMsMin) this.#blindMs += jumpedMs;
    if (this.#cancel && passedMs > beatMs + stallMsMax) this.#blindMs += passedMs - beatMs;
  }
}
