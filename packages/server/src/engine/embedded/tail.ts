import type { DiskFile } from '../disk.ts';
import { frameHeaderBytes, mayBeFrame, parseFrame, recordBytesMax, viewOf } from './frame.ts';
import { corrupt, frames, type Segment, segmentHeaderBytes } from './segment.ts';

export interface Tail {
  /** Position of the last whole transaction. */
  readonly last: number;
  /** First position of the append that wrote it. */
  readonly appendFirst: number;
  /** Offsets of the beginning of that append, and of the end of the last whole transaction, bytes. */
  readonly appendStart: number;
  readonly end: number;
  /** Bytes after that: of an append that was never acknowledged. */
  readonly cutBytes: number;
}

/**
 * Finds the end of the last segment. Appends are written and synced one at a time, so a power cut can tear only the
 * newest one, though in any way: some sectors there, some not, in any order. Hence the rule: bytes that make no sense
 * are a torn append unless a whole frame of a *later* append follows; that one was written only after everything
 * before it had been synced, so the damage is to records that were acknowledged. Then this throws `log_corrupt`.
 */
export async function findTail(segment: Segment, file: DiskFile): Promise<Tail> {
  let expected = segment.first;
  let end = segmentHeaderBytes;
  let append = { appendFirst: segment.first, appendStart: end };
  let whole = { last: segment.first - 1, end, ...append };
  let damage: number | undefined;
  for await (const { offset, frame } of frames(file, end)) {
    if (frame === undefined || frame.position !== expected) {
      damage = offset;
      break;
    }
    segment.note(expected, offset);
    end = offset + frame.length;
    if (frame.appendFirst === expected) append = { appendFirst: expected, appendStart: offset };
    if (!frame.more) whole = { last: expected, end, ...append };
    expected += 1;
  }
  const size = await file.size();
  if (damage !== undefined) await assertTorn(segment, file, damage, size, expected);
  return { ...whole, cutBytes: Math.max(0, size - whole.end) };
}

/** Throws if a frame of an append after the one that holds `position` follows `from`. */
async function assertTorn(
  segment: Segment,
  file: DiskFile,
  from: number,
  size: number,
  position: number,
): Promise<void> {
  const stepBytes = 256 * 1024;
  const atMost = position + Math.ceil(size / frameHeaderBytes);
  for (let start = from; start + frameHeaderBytes <= size; start += stepBytes) {
    const block = await file.read(start, stepBytes + frameHeaderBytes - 1);
    const view = viewOf(block);
    for (let at = 0; at + frameHeaderBytes <= block.length; at += 1) {
      if (!mayBeFrame(view, at, position, atMost)) continue;
      const bytes = await file.read(start + at, frameHeaderBytes + recordBytesMax);
      const frame = parseFrame(bytes, viewOf(bytes), 0);
      if (typeof frame !== 'string' && frame.appendFirst > position) {
        throw corrupt(
          segment.path,
          from,
          `record ${position} is damaged, and whole records of later appends follow it (record ${frame.position} at byte ${start + at})`,
        );
      }
    }
  }
}
