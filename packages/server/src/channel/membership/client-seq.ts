/**
 * The clientSeq of a uid's next event in a channel: greater than its previous one, and in step with the clock (epoch
 * milliseconds) unless events come faster than one a millisecond.
 */
export function nextClientSeq(previous: number | undefined, nowMs: number): number {
  return previous === undefined ? nowMs : Math.max(previous + 1, nowMs);
}
