import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';

/** The result of a look at a connection. `ping`: ask for a sign of life. `silent`: tell the log. */
export type LivenessFinding = 'heard' | 'ping' | 'silent';

/** Judges a connection by the length of its silence; a ping goes out once per silence. */
export function judgeLiveness(silenceMs: number, pinged: boolean): LivenessFinding {
  if (silenceMs >= fixed.silentMs) return 'silent';
  if (silenceMs >= fixed.pingMs && !pinged) return 'ping';
  return 'heard';
}

/** When it is looked, by the log's time and by the clock that only runs, and whether silence may be held against the clients. */
export interface Look {
  readonly nowMs: number;
  readonly steadyMs: number;
  readonly fair: boolean;
}

/**
 * One regular look at all connections, instead of a timer for each. If the process itself stood still (a long pause, a
 * suspended machine), what the clients said meanwhile is still in the sockets: that look judges nobody.
 */
export class Sweep {
  readonly #clock: Clock;
  #lastMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.steadyMs();
  }

  /** Looks now. Fair if it came about when it should, so that silence is the clients' and not ours. */
  look(): Look {
    const steadyMs = this.#clock.steadyMs();
    const lateMs = steadyMs - this.#lastMs - fixed.sweepMs;
    this.#lastMs = steadyMs;
    return { nowMs: this.#clock.nowMs(), steadyMs, fair: lateMs < fixed.sweepMs };
  }
}
