/**
 * Time, timers, ids and randomness come from here and are passed in, so that tests and the simulation own them.
 */

/**
 * Three times, because no single one is right for everything. What lasts (a silence, a wait, a budget, an age) is counted in
 * `steadyMs`. What happened is stamped with `nowMs`. What somebody else's clock is compared with (a token, a signature) is
 * read from `wallMs`.
 */
export interface Clock {
  /**
   * The time of the log, epoch milliseconds. It never goes back, whatever the wall clock does, and runs as `steadyMs` does,
   * but for `slewRate` at most; only where the wall clock is more than `stepMs` ahead does it follow at once.
   */
  nowMs(): number;
  /** Milliseconds since some moment. It only runs: nobody can set it. */
  steadyMs(): number;
  /** The machine's wall clock, epoch milliseconds: somebody may set it at any time, to anything. */
  wallMs(): number;
  /** Calls `run` once after `delayMs`, Infinity: never; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Notes that there is a record of this time already, epoch milliseconds: `nowMs` tells none before it. */
  notBefore(floorMs: number): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** An unguessable id of `length` characters from A-Z and 2-7. */
  id(length: number): string;
}

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * A wall clock that is this far ahead, milliseconds, was set or the machine was suspended: stamps follow it at once. A smaller
 * difference, or being behind, is made up for slowly. Chosen: clocks that are kept by NTP are nearer than this.
 */
export const stepMs = 60_000;
/** The relative difference from real time at which `nowMs` may run towards the wall clock: too little for a lease to notice. */
export const slewRate = 0.01;
/** The longest wait that `setTimeout` knows, milliseconds (24.8 days); a longer one would end at once. */
const timeoutMsMax = 2 ** 31 - 1;

/** The source of the machine's time; tests have another one. */
export interface TimeSource {
  wallMs(): number;
  steadyMs(): number;
}

const machine: TimeSource = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** The machine's clock. */
export function systemClock(source: TimeSource = machine): Clock {
  let readMs = source.steadyMs();
  let currentMs = source.wallMs();
  return {
    nowMs() {
      const steadyMs = source.steadyMs();
      const passedMs = Math.max(0, steadyMs - readMs);
      readMs = steadyMs;
      const aheadMs = source.wallMs() - (currentMs + passedMs);
      const slewMs = passedMs * slewRate;
      currentMs += passedMs + (aheadMs > stepMs ? aheadMs : Math.max(-slewMs, Math.min(slewMs, aheadMs)));
      return Math.floor(currentMs);
    },
    steadyMs: () => Math.floor(source.steadyMs()),
    wallMs: () => Math.floor(source.wallMs()),
    after,
    notBefore(floorMs) {
      currentMs = Math.max(currentMs, floorMs);
    },
  };
}

/** A timer of any length, which does not run before its time. */
function after(delayMs: number, run: () => void): () => void {
  if (Number.isNaN(delayMs)) throw new RangeError('a timer needs a delay');
  let leftMs = Math.max(0, Math.ceil(delayMs));
  if (leftMs === Number.POSITIVE_INFINITY) return () => undefined;
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    const thisMs = Math.min(leftMs, timeoutMsMax);
    leftMs -= thisMs;
    timer = setTimeout(leftMs > 0 ? wait : run, thisMs);
  };
  wait();
  return () => clearTimeout(timer);
}

/** The machine's randomness (WebCrypto for ids). */
export function systemRandom(): Random {
  return {
    fraction: Math.random,
    id(length) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      let id = '';
      for (const byte of bytes) id += idAlphabet[byte & 31];
      return id;
    },
  };
}
