import assert from 'node:assert';
import { crc32 } from 'node:zlib';
import type { Transaction } from '../contract.ts';
import type { DiskFile } from '../disk.ts';

/**
 * One record on disk, little-endian:
 *
 *     crc32 u32 | length u32 | flags u32 | indexInAppend u32 | position u64 | payload
 *
 * The checksum covers everything after itself. The position makes a frame in the wrong place visible. The index in the
 * append tells which frames were written by one append: appends are synced one after the other, so a frame of a later
 * append proves that everything before that append was once durable (see tail.ts). A frame with the flag of a batch holds no
 * record but the header of the append that follows it (see batch.ts).
 */
export const frameHeaderBytes = 24;
/** The most bytes of one record; more is a bug of the caller, who limits what comes in. Bounds what a reader must hold to check a frame. */
export const recordBytesMax = 1024 * 1024;

/** Bytes asked of the disk at once. Chosen: well above a frame, well below what a slow reader's memory would notice. */
const blockBytes = 256 * 1024;
const flagMore = 1;
const flagBatch = 2;
const twoTo32 = 2 ** 32;

export interface Frame {
  readonly position: number;
  /** First position of the append that wrote the frame. */
  readonly appendFirst: number;
  /** More records of the same transaction follow. */
  readonly more: boolean;
  /** It is no record but the header of the batch whose records follow. */
  readonly isHeader: boolean;
  /** A view of the bytes given; not a copy. */
  readonly payload: Uint8Array;
  /** Length of the whole frame, bytes. */
  readonly length: number;
}

/** All frames of one append, contiguous after `room` bytes, the first record at `firstPosition`. Empty transactions leave nothing. */
export function encodeFrames(
  transactions: readonly Transaction[],
  firstPosition: number,
  room = 0,
): { readonly bytes: Uint8Array; readonly count: number } {
  let length = room;
  let count = 0;
  for (const transaction of transactions) {
    for (const payload of transaction) {
      assert(
        payload.length <= recordBytesMax,
        `a record of ${payload.length} bytes is too large for the log`,
      );
      length += frameHeaderBytes + payload.length;
      count += 1;
    }
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = room;
  let index = 0;
  for (const transaction of transactions) {
    let left = transaction.length;
    for (const payload of transaction) {
      left -= 1;
      const end = at + frameHeaderBytes + payload.length;
      view.setUint32(at + 4, payload.length, true);
      view.setUint32(at + 8, left > 0 ? flagMore : 0, true);
      view.setUint32(at + 12, index, true);
      setUint64(view, at + 16, firstPosition + index);
      bytes.set(payload, at + frameHeaderBytes);
      view.setUint32(at, crc32(bytes.subarray(at + 4, end)), true);
      at = end;
      index += 1;
    }
  }
  return { bytes, count };
}

/** Makes the beginning of `bytes` the frame of a batch's header; its payload is there already. */
export function encodeHeaderFrame(
  bytes: Uint8Array,
  view: DataView,
  { payloadBytes, position }: { readonly payloadBytes: number; readonly position: number },
): void {
  view.setUint32(4, payloadBytes, true);
  view.setUint32(8, flagBatch, true);
  view.setUint32(12, 0, true);
  setUint64(view, 16, position);
  view.setUint32(0, crc32(bytes.subarray(4, frameHeaderBytes + payloadBytes)), true);
}

/** The frame at `at`; `short` if `bytes` ends before it does, `bad` if it is no frame. */
export function parseFrame(bytes: Uint8Array, view: DataView, at: number): Frame | 'short' | 'bad' {
  const available = bytes.length - at;
  if (available < frameHeaderBytes) return 'short';
  const payloadLength = view.getUint32(at + 4, true);
  if (payloadLength > recordBytesMax) return 'bad';
  const flags = view.getUint32(at + 8, true);
  if (flags > flagBatch) return 'bad';
  const length = frameHeaderBytes + payloadLength;
  if (available < length) return 'short';
  const end = at + length;
  if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(at, true)) return 'bad';
  const position = getUint64(view, at + 16);
  return {
    position,
    appendFirst: position - view.getUint32(at + 12, true),
    more: flags === flagMore,
    isHeader: flags === flagBatch,
    payload: bytes.subarray(at + frameHeaderBytes, end),
    length,
  };
}

/**
 * The frames of a file from `offset` to its end. After the last whole frame comes, unless the file ends there, one
 * item without a frame: where the bytes stop making sense.
 */
export async function* frames(
  file: DiskFile,
  offset: number,
): AsyncGenerator<{ readonly offset: number; readonly frame: Frame | undefined }> {
  let wanted = blockBytes;
  for (;;) {
    const block = await file.read(offset, wanted);
    if (block.length === 0) return;
    const view = viewOf(block);
    let at = 0;
    let frame: Frame | 'short' | 'bad' = 'short';
    while (at < block.length) {
      frame = parseFrame(block, view, at);
      if (typeof frame === 'string') break;
      yield { offset: offset + at, frame };
      at += frame.length;
    }
    const fileEnds = block.length < wanted;
    if (frame === 'bad' || (frame === 'short' && fileEnds)) {
      yield { offset: offset + at, frame: undefined };
      return;
    }
    // A frame larger than a block: ask for the largest there can be.
    wanted = at === 0 ? frameHeaderBytes + recordBytesMax : blockBytes;
    offset += at;
  }
}

/**
 * Whole frames at or after `from`, wherever they begin, of appends that begin after `position`: for what follows bytes that make
 * no sense.
 */
export async function* laterFrames(
  file: DiskFile,
  from: number,
  position: number,
): AsyncGenerator<{ readonly offset: number; readonly frame: Frame }> {
  const size = await file.size();
  const atMost = position + Math.ceil(size / frameHeaderBytes);
  for (let start = from; start + frameHeaderBytes <= size; start += blockBytes) {
    const block = await file.read(start, blockBytes + frameHeaderBytes - 1);
    const view = viewOf(block);
    for (let at = 0; at + frameHeaderBytes <= block.length; at += 1) {
      if (!mayBeFrame(view, at, position, atMost)) continue;
      const bytes = await file.read(start + at, frameHeaderBytes + recordBytesMax);
      const frame = parseFrame(bytes, viewOf(bytes), 0);
      if (typeof frame !== 'string' && frame.appendFirst > position) yield { offset: start + at, frame };
    }
  }
}

/** Cheap test before the checksum: may the header at `at` be a frame with a position in (`above`, `atMost`]? */
function mayBeFrame(view: DataView, at: number, above: number, atMost: number): boolean {
  if (view.getUint32(at + 8, true) > flagBatch || view.getUint32(at + 4, true) > recordBytesMax) return false;
  const position = getUint64(view, at + 16);
  return position > above && position <= atMost;
}

/** Writes a whole number below 2^53. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % twoTo32, true);
  view.setUint32(at + 4, Math.floor(value / twoTo32), true);
}

/** Reads what setUint64 wrote; larger numbers come out imprecise, and no caller accepts them. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * twoTo32 + view.getUint32(at, true);
}

/** A DataView over the same bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
