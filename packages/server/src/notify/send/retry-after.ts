/**
 * The wait that a Retry-After header asks for, milliseconds from `nowMs`: seconds or an HTTP date (RFC 9110 section
 * 10.2.3); undefined if it is neither.
 */
export function retryAfterMsOf(value: string, nowMs: number): number | undefined {
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
  // The one form of date that senders may make; the obsolete ones are not worth a guess.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
