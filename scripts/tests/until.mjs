/** Looks every 100 ms, as processes tell nobody when they are ready. A machine as busy as it may be is in time. */
const everyMs = 100;
const deadlineMs = 120_000;

/**
 * Resolves to what `check` finds, as soon as it is something. @throws Error not in time, with what was waited for
 * @template Found
 * @param {string} what
 * @param {() => Found | Promise<Found>} check
 */
export async function until(what, check) {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
