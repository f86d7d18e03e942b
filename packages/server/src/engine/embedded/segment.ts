import assert from 'node:assert';
import { crc32 } from 'node:zlib';
import { HousecountError } from '@housecount/protocol';
import type { StoredRecord } from '../contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import {
  type Frame,
  frameHeaderBytes,
  getUint64,
  parseFrame,
  recordBytesMax,
  setUint64,
  viewOf,
} from './frame.ts';

/** "HCSEG001", first position u64, created (epoch ms) u64, crc32 of these u32. */
export const segmentHeaderBytes = 28;
const magic = new TextEncoder().encode('HCSEG001');
/** Bytes asked of the disk at once. Chosen: well above a frame, well below what a slow reader's memory would notice. */
const blockBytes = 256 * 1024;
/** A reader skips at most this much to find a position. */
const indexBytes = 64 * 1024;

/**
 * A file of frames with dense positions from `first` on. Its last position is what was synced into it (the last
 * segment), or the one before the next segment's first: whatever a file holds beyond that was never acknowledged.
 */
export class Segment {
  /** The offsets at which frames begin in the file, sparse, ascending; entry 0 is the first frame. */
  readonly #index: { position: number; offset: number }[];
  #file: Promise<DiskFile> | undefined;
  #users = 0;
  #idle: (() => void) | undefined;

  constructor(
    readonly disk: Disk,
    readonly path: string,
    readonly first: number,
    readonly createdMs: number,
    /** first − 1 while empty. */
    public last: number,
    /** Size of the file. */
    public bytes: number,
  ) {
    this.#index = [{ position: first, offset: segmentHeaderBytes }];
  }

  /** A new durable segment with these frames, from `first` to `last`; takes the place of one that began there too. */
  static async create(
    disk: Disk,
    folder: string,
    nowMs: number,
    content: { readonly first: number; readonly last: number; readonly bytes: Uint8Array },
  ): Promise<Segment> {
    const { first, last, bytes } = content;
    const path = `${folder}/${segmentName(first)}`;
    await disk.replace(path, [encodeHeader(first, nowMs), bytes]);
    return new Segment(disk, path, first, nowMs, last, segmentHeaderBytes + bytes.length);
  }

  /** Opens an existing file; its last position is still to be set. Throws `log_corrupt` if the header is not whole. */
  static async open(disk: Disk, folder: string, name: string): Promise<Segment> {
    const path = `${folder}/${name}`;
    const file = await disk.open(path);
    try {
      const bytes = await file.read(0, segmentHeaderBytes);
      const header = decodeHeader(bytes);
      if (header === undefined || segmentName(header.first) !== name) {
        throw corrupt(path, 0, 'its header is damaged or belongs to another file');
      }
      const { first, createdMs } = header;
      return new Segment(disk, path, first, createdMs, first - 1, await file.size());
    } finally {
      await file.close();
    }
  }

  /** Runs `work` with the open file; the file is closed when the last user is done. */
  async use<T>(work: (file: DiskFile) => Promise<T>): Promise<T> {
    try {
      return await work(await this.acquire());
    } finally {
      await this.release();
    }
  }

  /** Opens the file, or shares it, until `release` is called as often: also after a failure to open. */
  async acquire(): Promise<DiskFile> {
    this.#users += 1;
    this.#file ??= this.disk.open(this.path);
    return this.#file;
  }

  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const file = this.#file;
    this.#file = undefined;
    await file?.then(
      (opened) => opened.close(),
      () => undefined, // It never opened, and who asked for it has the error.
    );
    if (this.#users === 0) this.#idle?.();
  }

  /** Resolves when nobody uses the file. The caller has made sure that nobody begins to. */
  async unused(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  /** Remembers where a frame begins, if the last remembered place is far enough back. */
  note(position: number, offset: number): void {
    const newest = this.#index.at(-1);
    assert(newest);
    if (position > newest.position && offset - newest.offset >= indexBytes)
      this.#index.push({ position, offset });
  }

  /** Durable records after `after`, at most `limit`, appended to `into`. Throws `log_corrupt` if one is damaged. */
  async read(after: number, limit: number, into: StoredRecord[]): Promise<void> {
    const last = Math.min(this.last, after + limit);
    if (after >= last) return;
    const start = this.#before(after + 1);
    let expected = start.position;
    await this.use(async (file) => {
      for await (const found of frames(file, start.offset)) {
        if (found.frame === undefined || found.frame.position !== expected) {
          throw corrupt(this.path, found.offset, `record ${expected} is damaged or missing`);
        }
        this.note(expected, found.offset);
        if (expected > after) into.push({ position: expected, payload: found.frame.payload });
        if (expected === last) return;
        expected += 1;
      }
      throw corrupt(this.path, -1, `the file ends before record ${expected}`);
    });
  }

  #before(position: number): { position: number; offset: number } {
    let low = 0;
    let high = this.#index.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#index[middle]?.position ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    const found = this.#index[low];
    assert(found);
    return found;
  }
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

/** The file name of the segment that begins at `first`; names sort as positions do. */
export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.log`;
export const segmentNamePattern = /^\d{16}\.log$/;

/** The failure of a log that must not be used as it is. `offset` in bytes; −1: the end. */
export const corrupt = (path: string, offset: number, what: string): HousecountError =>
  new HousecountError(
    'log_corrupt',
    `${path}${offset < 0 ? '' : ` at byte ${offset}`}: ${what}. Stop the server and see what \`housecount repair --dry-run\` can do; or restore the data folder from a backup.`,
  );

export function encodeHeader(first: number, createdMs: number): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = viewOf(bytes);
  bytes.set(magic);
  setUint64(view, 8, first);
  setUint64(view, 16, createdMs);
  view.setUint32(24, crc32(bytes.subarray(0, 24)), true);
  return bytes;
}

/** Reads a segment's header; undefined if it is not whole. */
export function decodeHeader(bytes: Uint8Array): { first: number; createdMs: number } | undefined {
  if (bytes.length < segmentHeaderBytes || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(24, true) !== crc32(bytes.subarray(0, 24))) return undefined;
  return { first: getUint64(view, 8), createdMs: getUint64(view, 16) };
}
