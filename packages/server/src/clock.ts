/**
 * Time, timers, ids and randomness come from here and are passed in, so that tests and the simulation own them.
 */

export interface Clock {
  /** Epoch milliseconds. Never goes back while the process lives, whatever the wall clock does. */
  nowMs(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** An unguessable id of `length` characters from A-Z and 2-7. */
  id(length: number): string;
}

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The machine's clock, held monotone: a wall clock set back makes it stand on `performance.now`, never return. */
export function systemClock(): Clock {
  const originMs = Date.now() - performance.now();
  let skewMs = 0;
  return {
    nowMs() {
      const steady = originMs + performance.now() + skewMs;
      const ahead = Date.now() - steady;
      // The wall clock ran ahead (suspend, step forward): follow it. 1 s keeps slewing from showing.
      if (ahead > 1000) skewMs += ahead;
      return Math.floor(originMs + performance.now() + skewMs);
    },
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
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
