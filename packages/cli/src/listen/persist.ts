import { RefusedError } from '../server/refused-error.ts';
import { UnreachedError } from '../server/unreached.ts';

/** A failed attempt is followed by pauses that are doubled, up to this many times the first. */
const pauseGrowthMax = 16;

export interface PersistOptions {
  /** First pause before another attempt, milliseconds; doubled up to sixteen times that. */
  readonly retryMs: number;
  readonly onLost: (reason: string) => void;
  /** Nothing has shown yet that the address is right: what cannot be reached ends it. */
  readonly isFirst?: boolean;
}

/** Tries until it succeeds; undefined once the signal aborts. @throws at once RefusedError, and UnreachedError if `isFirst` */
export async function persist<T>(
  attempt: () => Promise<T>,
  { retryMs, onLost, isFirst = false }: PersistOptions,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let delayMs = retryMs; !signal.aborted; delayMs = Math.min(delayMs * 2, retryMs * pauseGrowthMax)) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof RefusedError || (isFirst && error instanceof UnreachedError)) throw error;
      onLost(error instanceof Error ? error.message : String(error));
    }
    await pause(delayMs, signal);
  }
  return undefined;
}

/** Waits for so many milliseconds, or until the signal aborts. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
