import { limits } from '../limits.ts';

/** What a look at a connection can find. `ping`: ask for a sign of life. `silent`: tell the log. */
export type LivenessFinding = 'heard' | 'ping' | 'silent';

/** How long a connection has been silent decides; a ping goes out once per silence. */
export function judgeLiveness(silenceMs: number, pinged: boolean): LivenessFinding {
  if (silenceMs >= limits.silentMs) return 'silent';
  if (silenceMs >= limits.pingMs && !pinged) return 'ping';
  return 'heard';
}

/**
 * One regular look at all connections, instead of a timer for each. If the process itself stood still (a long pause, a
 * suspended machine), what the clients said meanwhile is still in the sockets: that look judges nobody.
 */
export class Sweep {
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** True if this look came about when it should, so that silence is the clients' and not ours. */
  fair(nowMs: number): boolean {
    const lateMs = nowMs - this.#lastMs - limits.sweepMs;
    this.#lastMs = nowMs;
    return lateMs < limits.sweepMs;
  }
}
