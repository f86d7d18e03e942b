import type { Surroundings } from './surroundings.ts';

/**
 * The longest time for what came in while the page stood still to be read, milliseconds: a turn is not enough, as its tasks may be
 * behind others. It is added to the time after which a connection is held for dead, so it is short. Chosen.
 */
const graceMsMax = 1_000;

/**
 * Calls `act` once after `ms` milliseconds, unless what is waited for comes, which cancels it by the function returned. A page that
 * stood still, or a machine that was suspended, has its timers late, and before what came in meanwhile: that is read first, for as long
 * as the deadline is late, `graceMsMax` at most. A clock that stood still with the machine makes nothing late: what is left goes on.
 */
export function deadline(
  { after, passedMs }: Pick<Surroundings, 'after' | 'passedMs'>,
  ms: number,
  act: () => void,
): () => void {
  const dueMs = passedMs() + Math.max(0, ms);
  let cancel = after(ms, () => {
    const lateMs = Math.max(0, passedMs() - dueMs);
    cancel = after(Math.min(lateMs, graceMsMax), act);
  });
  return () => cancel();
}
