import type { Watched } from '../contract/media-marks.ts';
import type { Refused } from '../contract/refused.ts';
import type { Asks } from './asks.ts';

/** Records marks of what was watched as they are told, for those who read the log: nothing is decided by them. */
export async function recordWatched(
  asks: Pick<Asks, 'request'>,
  watched: readonly Watched[],
): Promise<{ ok: true } | Refused> {
  const outcome = await asks.request((_, atMs) => ({
    ok: true,
    records: watched.map((each) => ({ type: 'media-watched', ...each, atMs })),
  }));
  return outcome.ok ? { ok: true } : outcome;
}
