import { limits } from '../limits.ts';

/**
 * How long after one frame the next may follow, milliseconds. The first change goes at once; what comes meanwhile goes
 * together. Readers make the load, because each frame is written to each of them: so it is as long as they are many, and
 * for a handful nothing. `windows`: different windows that are worked out anew for it, each as much work as many readers.
 * `mostMs`: the load of many is bounded by how seldom they are told, and this is how seldom at most.
 */
export function mergeMs(
  load: { readonly readers: number; readonly windows?: number },
  mostMs: number,
): number {
  const { readers, windows = 0 } = load;
  return Math.min(
    mostMs,
    Math.floor(readers * limits.rosterMergePerReaderMs + windows * limits.rosterMergePerWindowMs),
  );
}
