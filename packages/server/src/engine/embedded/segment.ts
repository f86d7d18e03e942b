import assert from 'node:assert';
import { HousecountError } from '@housecount/protocol';
import type { StoredRecord } from '../contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { type Fault, findFault } from './fault.ts';
import { frames } from './frame.ts';
import { decodeHead, encodeHead, headBytesMax, type SegmentHead } from './segment-head.ts';
import { type Walk, walkFrom } from './walk.ts';

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
  /** Chain that the next file goes on from; absent if it has none, or there is none. */
  next: { readonly path: string; readonly chain: string } | undefined;
  /** What the check of the whole file has found, or will. */
  #check: Promise<Fault | undefined> | undefined;

  constructor(
    readonly disk: Disk,
    readonly path: string,
    readonly head: SegmentHead,
    /** `first` − 1 while empty. */
    public last: number,
    /** Size of the file. */
    public bytes: number,
  ) {
    this.#index = [{ position: head.first, offset: head.bytes }];
  }

  get first(): number {
    return this.head.first;
  }

  /** A new durable segment with these frames, up to `last`; takes the place of one that began there too. */
  static async create(
    disk: Disk,
    folder: string,
    head: Pick<SegmentHead, 'first' | 'createdMs' | 'chain'>,
    content: { readonly last: number; readonly bytes: Uint8Array },
  ): Promise<Segment> {
    const { last, bytes } = content;
    const path = `${folder}/${segmentName(head.first)}`;
    const headBytes = encodeHead(head);
    await disk.replace(path, [headBytes, bytes]);
    const whole = { ...head, bytes: headBytes.length };
    const segment = new Segment(disk, path, whole, last, headBytes.length + bytes.length);
    segment.checked();
    return segment;
  }

  /** Opens an existing file; its last position is still to be set. Throws `log_corrupt` if the header is not whole, `data_newer`. */
  static async open(disk: Disk, folder: string, name: string): Promise<Segment> {
    const path = `${folder}/${name}`;
    const file = await disk.open(path);
    try {
      const head = decodeHead(await file.read(0, headBytesMax), path);
      if (head === undefined || segmentName(head.first) !== name) {
        throw corrupt(path, 0, 'its header is damaged or belongs to another file');
      }
      return new Segment(disk, path, head, head.first - 1, await file.size());
    } finally {
      await file.close();
    }
  }

  /** A walk from its beginning. */
  walk(): Walk {
    const { first, bytes: offset, chain } = this.head;
    return walkFrom(chain !== undefined, {
      position: first - 1,
      offset,
      ...(chain !== undefined && { chain }),
    });
  }

  /** Says that every record in it is known to be what was appended. */
  checked(): void {
    this.#check = Promise.resolve(undefined);
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

  /**
   * Durable records after `after`, at most `limit`, appended to `into`. Throws `log_corrupt` if one is damaged, or if the file is
   * not what was appended up to there: it is checked whole before the first reading.
   */
  async read(after: number, limit: number, into: StoredRecord[]): Promise<void> {
    const last = Math.min(this.last, after + limit);
    if (after >= last) return;
    // From here on the file is in use, so that nobody deletes it under the reader.
    await this.use(async (file) => {
      const fault = await this.#faultIn(file);
      if (fault && last >= fault.position) throw corrupt(fault.path, fault.offset, fault.what);
      const start = this.#before(after + 1);
      let expected = start.position;
      for await (const found of frames(file, start.offset)) {
        if (found.frame?.isHeader && this.head.chain !== undefined) continue;
        if (found.frame === undefined || found.frame.isHeader || found.frame.position !== expected) {
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

  /** What is wrong with the file: looked for once, and again only if it could not be read. */
  #faultIn(file: DiskFile): Promise<Fault | undefined> {
    this.#check ??= findFault(this, file).catch((error: unknown) => {
      this.#check = undefined;
      throw error;
    });
    return this.#check;
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

/** The file name of the segment that begins at `first`; names sort as positions do. */
export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.log`;
export const segmentNamePattern = /^\d{16}\.log$/;

/** The failure of a log that must not be used as it is. `offset` in bytes; −1: the end. */
export const corrupt = (path: string, offset: number, what: string): HousecountError =>
  new HousecountError(
    'log_corrupt',
    `${path}${offset < 0 ? '' : ` at byte ${offset}`}: ${what}. Stop the server and see what \`housecount repair --dry-run\` can do; or restore the data folder from a backup.`,
  );
