import { createHash, hash } from 'node:crypto';
import type { Batch, Place } from '../contract.ts';
import {
  encodeFrames,
  encodeHeaderFrame,
  type Frame,
  frameHeaderBytes,
  getUint64,
  setUint64,
  viewOf,
} from './frame.ts';

/**
 * The header of a batch, the payload of a frame of its own before the frames of its records, little-endian:
 *
 *     chain 16 bytes | prev 16 bytes | incarnation 8 bytes | number u64 | first position u64 | count u32 | atMs u64
 *
 * The chain is the beginning of the SHA-256 of all that follows it: the chain of the batch before, the rest of the header,
 * and the frames. So each batch names everything before it, and one that is damaged, missing, doubled, in another order or of
 * another log does not follow the one before it.
 */
export interface BatchHeader {
  /** Hash over every batch up to this one, hexadecimal. */
  readonly chain: string;
  /** The chain of the batch before. */
  readonly prev: string;
  /** Incarnation of the process that wrote it, and the number that it gave to it. */
  readonly id: string;
  /** Position of its first record. */
  readonly first: number;
  /** Records in it, 1 or more. */
  readonly count: number;
  /** When it was decided, epoch milliseconds. */
  readonly atMs: number;
}

/** Enough that nobody makes two batches with one chain by chance or by trying. */
const chainBytes = 16;
const incarnationBytes = 8;
const headerBytes = 2 * chainBytes + incarnationBytes + 8 + 8 + 4 + 8;
/** Bytes of a batch before the frame of its first record. */
export const batchHeaderBytes = frameHeaderBytes + headerBytes;

/** What a writer adds to a batch. */
export interface BatchPlan {
  /** The end of the log before it. */
  readonly after: Place;
  readonly incarnation: string;
  readonly number: number;
}

/** The batch as it is on disk. A batch without records leaves nothing. */
export function encodeBatch(
  { transactions, atMs }: Batch,
  { after, incarnation, number }: BatchPlan,
): { readonly bytes: Uint8Array; readonly count: number; readonly chain: string } {
  const first = after.position + 1;
  const { bytes, count } = encodeFrames(transactions, first, batchHeaderBytes);
  const view = viewOf(bytes);
  let at = frameHeaderBytes + chainBytes;
  bytes.set(chainOf(after.chain), at);
  bytes.set(chainOf(incarnation), at + chainBytes);
  at += chainBytes + incarnationBytes;
  setUint64(view, at, number);
  setUint64(view, at + 8, first);
  view.setUint32(at + 16, count, true);
  setUint64(view, at + 20, atMs);
  const digest = hash('sha256', bytes.subarray(frameHeaderBytes + chainBytes), 'buffer');
  bytes.set(digest.subarray(0, chainBytes), frameHeaderBytes);
  const chain = digest.toString('hex', 0, chainBytes);
  encodeHeaderFrame(bytes, view, { payloadBytes: headerBytes, position: first });
  return { bytes, count, chain };
}

/** The header in a frame; undefined if it holds none that can be one of these. */
export function batchHeaderOf({ isHeader, payload, position }: Frame): BatchHeader | undefined {
  if (!isHeader || payload.length !== headerBytes) return undefined;
  const view = viewOf(payload);
  const hex = (from: number, bytes: number) => hexOf(payload.subarray(from, from + bytes));
  const at = 2 * chainBytes + incarnationBytes;
  const first = getUint64(view, at + 8);
  const count = view.getUint32(at + 16, true);
  if (first !== position || count === 0) return undefined;
  return {
    chain: hex(0, chainBytes),
    prev: hex(chainBytes, chainBytes),
    id: `${hex(2 * chainBytes, incarnationBytes)}/${getUint64(view, at)}`,
    first,
    count,
    atMs: getUint64(view, at + 20),
  };
}

/** Computes the chain of a batch that is read frame by frame. */
export class ChainHash {
  readonly #hash = createHash('sha256');

  constructor(header: Frame) {
    this.#hash.update(header.payload.subarray(chainBytes));
  }

  add({ payload, length }: Frame): void {
    this.#hash.update(new Uint8Array(payload.buffer, payload.byteOffset + payload.length - length, length));
  }

  end(): string {
    return this.#hash.digest('hex').slice(0, 2 * chainBytes);
  }
}

/**
 * The chain at a place from which it begins: at the beginning, or where what is before has none. It names that place: its
 * position, and the newest append before it, as it is on disk.
 */
export function chainBegin(position: number, newestAppend: Uint8Array): string {
  return createHash('sha256')
    .update(`housecount log after ${position}\n`)
    .update(newestAppend)
    .digest('hex')
    .slice(0, 2 * chainBytes);
}

/** The bytes of a chain, or of an incarnation. */
export const chainOf = (chain: string): Uint8Array => Buffer.from(chain, 'hex');
/** The hexadecimal form of bytes. */
export const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
