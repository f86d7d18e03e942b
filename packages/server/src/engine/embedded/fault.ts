import type { DiskFile } from '../disk.ts';
import { chainBegin } from './batch.ts';
import { frames } from './frame.ts';
import type { SegmentHead } from './segment-head.ts';
import type { Walk } from './walk.ts';

/** The first thing in a file that was not appended so. */
export interface Fault {
  readonly path: string;
  /** Bytes; −1: the end. */
  readonly offset: number;
  /** Records from here on are not what was appended. */
  readonly position: number;
  readonly what: string;
}

/** A file of the log that another one goes on from. */
export interface ChainedFile {
  readonly path: string;
  readonly head: SegmentHead;
  /** Position of its last record; what it holds beyond was never acknowledged. */
  readonly last: number;
  /** The file after it, and the chain that it goes on from; absent if it has none. */
  readonly next: { readonly path: string; readonly chain: string } | undefined;
  /** A walk from its beginning. */
  walk(): Walk;
}

/** Follows the chain through a segment that is not the last one, and on to the next. */
export async function findFault(segment: ChainedFile, file: DiskFile): Promise<Fault | undefined> {
  const { path, head, last, next } = segment;
  const hasBatches = head.chain !== undefined;
  // Records without batches are checked one by one when they are read.
  if (!hasBatches && next === undefined) return undefined;
  const walk = segment.walk();
  for await (const { offset, frame } of frames(file, head.bytes)) {
    if (walk.whole.last >= last) break;
    const position = walk.whole.last + 1;
    if (frame === undefined) {
      const what = `record ${walk.expected} is damaged or missing`;
      return hasBatches ? { path, offset, position, what } : undefined;
    }
    const misfit = walk.take(frame, offset);
    if (misfit) return hasBatches ? { path, offset: misfit.offset, position, what: misfit.what } : undefined;
  }
  const { whole } = walk;
  if (whole.last !== last) {
    const what = `the file ends before record ${whole.last + 1}`;
    return hasBatches ? { path, offset: -1, position: whole.last + 1, what } : undefined;
  }
  if (next === undefined) return undefined;
  const chain =
    whole.chain ?? chainBegin(last, await file.read(whole.appendStart, whole.end - whole.appendStart));
  if (chain === next.chain) return undefined;
  const what = `it does not follow ${path}: one of them is of another log, or was changed`;
  return { path: next.path, offset: 0, position: whole.appendFirst, what };
}
