/** Of attempt 1, 2, 3 …: two seconds, doubled each time (the API's figures). */
const firstMs = 2_000;
/** Time after the loss in which the attempts come thick and fast, milliseconds (the API's figure). */
export const disconnectedMsMax = 120_000;
/** Between attempts after that, milliseconds (the API's figure). */
const suspendedMs = 30_000;

export interface Retry {
  /** Attempts that failed since the loss. */
  readonly attempts: number;
  readonly suspended: boolean;
  /** From 0 up to 1. */
  readonly random: number;
  /** What the server asked for, milliseconds. */
  readonly atLeastMs: number | undefined;
  /** The longest wait with which the session that there is can still be taken up, milliseconds; undefined: there is none to lose. */
  readonly safeMs: number | undefined;
}

/**
 * Milliseconds to wait before the next attempt. Up to half is cut off at random so that the clients of a restarted server do not all come
 * at once; where the server asked for a time, they come spread over the longest wait after it. With a session to lose, no wait, and no
 * time that was asked for, is longer than `safeMs`, however long the outage lasts.
 */
export function retryDelayMs({ attempts, suspended, random, atLeastMs, safeMs }: Retry): number {
  const usualMs = suspended ? suspendedMs : firstMs * 2 ** Math.min(attempts, 10);
  const fullMs = Math.min(usualMs, safeMs ?? usualMs);
  if (atLeastMs !== undefined && atLeastMs > 0)
    return Math.min(atLeastMs, safeMs ?? atLeastMs) + (safeMs ?? firstMs) * random;
  return fullMs * (0.5 + random / 2);
}
