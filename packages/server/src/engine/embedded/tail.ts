import type { DiskFile } from '../disk.ts';
import { frames, laterFrames } from './frame.ts';
import { corrupt, type Segment } from './segment.ts';
import type { WholeAppends } from './walk.ts';

export interface Tail extends WholeAppends {
  /** Bytes after them: of an append that was never acknowledged. */
  readonly cutBytes: number;
  /** Chain at the position asked for; absent if no batch in the file ends there. */
  readonly chainAt?: string;
}

/**
 * Finds the end of the last segment. Appends are written and synced one at a time, so a power cut can tear only the
 * newest one, though in any way: some sectors there, some not, in any order. Hence the rule: bytes that make no sense
 * are a torn append unless a whole frame of a *later* append follows; that one was written only after everything
 * before it had been synced, so the damage is to records that were acknowledged. Then this throws `log_corrupt`. So it does
 * if whole frames do not follow one another: no torn write makes those.
 */
export async function findTail(segment: Segment, file: DiskFile, at: number): Promise<Tail> {
  const walk = segment.walk();
  let damage: number | undefined;
  let chainAt: string | undefined;
  for await (const { offset, frame } of frames(file, segment.head.bytes)) {
    const misfit = frame && walk.take(frame, offset);
    if (misfit?.isCertain) throw corrupt(segment.path, misfit.offset, misfit.what);
    if (frame === undefined || misfit) {
      damage = offset;
      break;
    }
    if (!frame.isHeader) segment.note(frame.position, offset);
    // A place at which the file only begins is none: the log may have been made to begin there anew.
    if (frame.position === at && walk.whole.last === at) chainAt = walk.whole.chain;
  }
  if (damage !== undefined) await assertTorn(segment, file, damage, walk.expected);
  const size = await file.size();
  return {
    ...walk.whole,
    cutBytes: Math.max(0, size - walk.whole.end),
    ...(chainAt !== undefined && { chainAt }),
  };
}

/** Throws if a frame of an append after the one that holds `position` follows `from`. */
async function assertTorn(segment: Segment, file: DiskFile, from: number, position: number): Promise<void> {
  for await (const { offset, frame } of laterFrames(file, from, position)) {
    throw corrupt(
      segment.path,
      from,
      `record ${position} is damaged, and whole records of later appends follow it (record ${frame.position} at byte ${offset})`,
    );
  }
}
