import { fixed } from '../fixed-limits.ts';

/**
 * Least time between two frames, milliseconds. The first change goes at once; what comes meanwhile goes
 * together. Readers make the load, because each frame is written to each of them: so the time grows with their number, and
 * is next to nothing for a handful. `windows`: different windows that are worked out anew for a frame, each as much work as many readers.
 * `mostMs`: the upper bound of this time. The load of many readers is bounded by how seldom they are told.
 */
export function mergeMs(
  load: { readonly readers: number; readonly windows?: number },
  mostMs: number,
): number {
  const { readers, windows = 0 } = load;
  return Math.min(
    mostMs,
    Math.floor(readers * fixed.rosterMergePerReaderMs + windows * fixed.rosterMergePerWindowMs),
  );
}
