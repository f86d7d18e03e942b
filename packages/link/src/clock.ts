/**
 * The one clock of both SDKs. A device's clock may be set at any time, back or forth: what has passed, and what is still to
 * pass, goes by a clock that only runs, and the device's own clock gives stamps alone.
 */

/** Epoch milliseconds, by the device's clock: when something happened, for people and apps. Never how long ago. */
export const stampMs = (): number => Date.now();

/** Milliseconds since some moment of this page, which no setting of the clock changes. Durations are differences of it. */
export const passedMs = (): number => performance.now();

/** The longest wait that a browser's timer can be given, milliseconds; a longer one would end at once. */
const timerMsMax = 2 ** 31 - 1;

/** Calls `act` once after `ms` milliseconds, however many those are; the function returned cancels it. */
export function after(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (leftMs: number): void => {
    const partMs = Math.min(leftMs, timerMsMax);
    timer = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : act()), partMs);
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** `ms` as an interval can be given it. */
export const intervalMs = (ms: number): number => Math.min(ms, timerMsMax);
