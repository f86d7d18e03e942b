/** Of attempt 1, 2, 3 …: two seconds, doubled each time (the API's figures). */
const firstMs = 2_000;
/** Time after the loss in which the attempts come thick and fast, milliseconds (the API's figure). */
export const disconnectedMsMax = 120_000;
/** Between attempts after that, milliseconds (the API's figure). */
const suspendedMs = 30_000;

/**
 * Milliseconds to wait before the next attempt; `attempts` failed since the loss, `random` is from 0 up to 1. Up to half
 * is cut off at random so that the clients of a restarted server do not all come at once; never below `atLeastMs`.
 */
export function retryDelayMs(
  attempts: number,
  suspended: boolean,
  random: number,
  atLeastMs: number | undefined,
): number {
  const fullMs = suspended ? suspendedMs : firstMs * 2 ** Math.min(attempts, 10);
  return Math.max(fullMs * (0.5 + random / 2), atLeastMs ?? 0);
}
