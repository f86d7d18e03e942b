import { createHash } from 'node:crypto';
import type { ChannelEvent, NoticeNumber } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Disk, DiskFile } from '../../engine/disk.ts';
import { eachLine, encodeLine } from '../../kept/files/checked-lines.ts';

export const givenUpFolder = 'notify/given-up';
/**
 * Bytes of one endpoint's journal. When it is full, the endpoint stands still rather than lose a notice; the log keeps
 * what it has not taken. At some 600 bytes a notice this is about 400,000 of them. Chosen.
 */
export const givenUpBytesMax = 256 * 1024 * 1024;
/** Entries in one answer of `read`. */
export const givenUpPageMax = 1_000;
const chunkBytes = 1024 * 1024;
/** No line is as long as this, bytes: what does not end within it is none. */
const lineBytesMax = 8 * chunkBytes;

/** An entry of the journal and where it ends there, which names it until the journal is rewritten. */
export interface PlacedGivenUp {
  readonly entry: GivenUp;
  readonly end: number;
}

/** A notice whose attempts are spent. It holds the event itself, so that it can be sent even when the log is trimmed. */
export interface GivenUp {
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeNumber;
  readonly event: ChannelEvent;
  readonly attempts: number;
  /** What the last attempt came to. */
  readonly error: string;
  /** When it was given up, epoch milliseconds. */
  readonly atMs: number;
}

interface Waiting {
  readonly lines: Uint8Array;
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

interface Removal {
  readonly ends: ReadonlySet<number>;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * The notices that one endpoint did not take, on disk before its cursor passes them. After a crash the same notice may
 * stand here twice, under one noticeId.
 */
export class GivenUpJournal {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile;
  /** The file before it was rewritten: who was reading it reads on. */
  #replaced: DiskFile | undefined;
  readonly #bytesMax: number;
  /** Bytes of lines that were damaged when it was opened: the notices in them are no longer known. */
  readonly damagedBytes: number;
  #end: number;
  #count: number;
  #isFull = false;
  /** noticeIds by position, of what was given up after the cursor that was last stored. */
  readonly #beyondCursor: Map<number, string>;
  #waiting: Waiting[] = [];
  #removals: Removal[] = [];
  #writing: Promise<void> | undefined;

  private constructor(
    disk: Disk,
    path: string,
    file: DiskFile,
    bytesMax: number,
    found: { end: number; count: number; damagedBytes: number; beyondCursor: Map<number, string> },
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#end = found.end;
    this.#count = found.count;
    this.damagedBytes = found.damagedBytes;
    this.#beyondCursor = found.beyondCursor;
  }

  /**
   * Opens the journal of an endpoint and cuts off a torn tail; damaged lines before whole ones stay and are passed over.
   * `finishedTo`: where its stored cursor stands; after a crash the journal may be ahead of it.
   */
  static async open(
    disk: Disk,
    endpointId: string,
    finishedTo: number,
    bytesMax = givenUpBytesMax,
  ): Promise<GivenUpJournal> {
    const name = fileNameOf(endpointId);
    const path = `${givenUpFolder}/${name}`;
    // Made by replace, which syncs the folder too: a synced file whose name is lost is lost.
    if (!(await disk.list(givenUpFolder)).includes(name)) await disk.replace(path, new Uint8Array());
    const file = await disk.open(path);
    let end = 0;
    let count = 0;
    let damagedBytes = 0;
    const beyondCursor = new Map<number, string>();
    for await (const line of linesAfter(file, 0)) {
      damagedBytes += line.start - end;
      end = line.end;
      count += 1;
      const { position, noticeId } = line.value as GivenUp;
      if (position > finishedTo) beyondCursor.set(position, noticeId);
    }
    if (end < (await file.size())) await file.truncate(end);
    if (end > 0) await writeTailAgain(file, end);
    return new GivenUpJournal(disk, path, file, bytesMax, { end, count, damagedBytes, beyondCursor });
  }

  /** Durably removes the journal of an endpoint that is gone; it must be closed. */
  static async remove(disk: Disk, endpointId: string): Promise<void> {
    await disk.remove(`${givenUpFolder}/${fileNameOf(endpointId)}`);
  }

  get count(): number {
    return this.#count;
  }

  /** What was to be appended last had no room: a matter of this endpoint, not of the disk. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** It was given up before the process began, and its cursor did not come to know: it is not to be sent again. */
  has(position: number, noticeId: string): boolean {
    return this.#beyondCursor.get(position) === noticeId;
  }

  /** Durable when it resolves. Those that wait share one sync. Fails with `log_unavailable` if full or not writable. */
  append(entries: readonly GivenUp[]): Promise<void> {
    const lines = new TextEncoder().encode(entries.map(encodeLine).join(''));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, count: entries.length, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** Up to `limit` entries after `after`, oldest first; 0 begins, `next` goes on. */
  async read(after: number, limit: number): Promise<{ entries: readonly GivenUp[]; next: number }> {
    const entries: GivenUp[] = [];
    let next = after;
    for await (const { entry, end } of this.placed(after)) {
      if (entries.length >= Math.min(limit, givenUpPageMax)) break;
      entries.push(entry);
      next = end;
    }
    return { entries, next };
  }

  /** All entries after `after` that are there now, oldest first. */
  async *placed(after = 0): AsyncIterable<PlacedGivenUp> {
    for await (const { value, end } of linesAfter(this.#file, after)) {
      if (end > this.#end) return;
      yield { entry: value as GivenUp, end };
    }
  }

  /**
   * Takes out entries that were delivered after all, by their ends; durable when it resolves. The entries that are left
   * have other ends then. Fails with `log_unavailable`, and then they stay: they may be sent again.
   */
  remove(ends: ReadonlySet<number>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#removals.push({ ends, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#replaced?.close();
    await this.#file.close();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#removals.length > 0) {
      await this.#takeOut();
      if (this.#waiting.length === 0) continue;
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(batch);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        for (const { reject } of batch) reject(cause);
      }
    }
    this.#writing = undefined;
  }

  async #takeOut(): Promise<void> {
    const [removal] = this.#removals.splice(0, 1);
    if (!removal) return;
    // Ends of those that wait behind it are of the file as it was.
    const others = this.#removals.splice(0);
    const ends = new Set([removal, ...others].flatMap((each) => [...each.ends]));
    try {
      await this.#rewriteWithout(ends);
      for (const { resolve } of [removal, ...others]) resolve();
    } catch (cause) {
      const fault = new HousecountError('log_unavailable', 'The given-up journal cannot be written.', {
        cause,
      });
      for (const { reject } of [removal, ...others]) reject(fault);
    }
  }

  async #rewriteWithout(ends: ReadonlySet<number>): Promise<void> {
    const kept: Uint8Array[] = [];
    let lines: string[] = [];
    let count = 0;
    const encoder = new TextEncoder();
    for await (const { entry, end } of this.placed()) {
      if (ends.has(end)) continue;
      count += 1;
      if (lines.push(encodeLine(entry)) < givenUpPageMax) continue;
      kept.push(encoder.encode(lines.join('')));
      lines = [];
    }
    kept.push(encoder.encode(lines.join('')));
    await this.#disk.replace(this.#path, kept);
    await this.#replaced?.close();
    this.#replaced = this.#file;
    this.#file = await this.#disk.open(this.#path);
    this.#end = kept.reduce((sum, { length }) => sum + length, 0);
    this.#count = count;
    this.#isFull = false;
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(batch.map(({ lines }) => lines));
    this.#isFull = this.#end + bytes.length > this.#bytesMax;
    if (this.#isFull) throw new HousecountError('log_unavailable', 'The given-up journal is full.');
    try {
      await this.#file.write(this.#end, bytes);
      await this.#file.sync();
    } catch (cause) {
      // Behind what is written next, what is left of it would look like entries. If this fails too, they are copies at most.
      await this.#file.truncate(this.#end).catch(() => undefined);
      throw new HousecountError('log_unavailable', 'The given-up journal cannot be written.', { cause });
    }
    this.#end += bytes.length;
    this.#count += batch.reduce((sum, { count }) => sum + count, 0);
  }
}

/**
 * Lines whose sync failed may read well and not be on the disk: the kernel calls their pages clean. Lines after them
 * would be lost with them at a power cut. What one sync covers is at most an endpoint's outstanding deliveries, some 600 kB.
 */
async function writeTailAgain(file: DiskFile, end: number): Promise<void> {
  const start = Math.max(0, end - chunkBytes);
  await file.write(start, await file.read(start, end - start));
  await file.sync();
}

/** An endpoint's id may hold anything; a file's name may not. */
function fileNameOf(endpointId: string): string {
  return createHash('sha256').update(endpointId).digest('hex').slice(0, 32);
}

/** The whole lines after a place, whatever lies between them. */
async function* linesAfter(
  file: DiskFile,
  after: number,
): AsyncIterable<{ value: unknown; start: number; end: number }> {
  const size = await file.size();
  let offset = after;
  let length = chunkBytes;
  while (offset < size) {
    const chunk = await file.read(offset, Math.min(length, size - offset));
    let ended = 0;
    for (const { line, end } of eachLine(chunk)) {
      if (line) yield { value: line.value, start: offset + ended, end: offset + end };
      ended = end;
    }
    if (ended === 0 && (chunk.length === 0 || offset + chunk.length >= size)) return;
    // No line ends in this chunk: it is longer than the chunk, or none.
    if (ended === 0 && length < lineBytesMax) length *= 2;
    else {
      offset += ended > 0 ? ended : chunk.length;
      length = chunkBytes;
    }
  }
}
