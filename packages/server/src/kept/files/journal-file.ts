import { HousecountError } from '@housecount/protocol';
import type { Disk, DiskFile } from '../../engine/disk.ts';
import type { KeptJournal, KeptJournalOptions, Placed } from '../contract.ts';
import { eachLine, encodeLine } from './checked-lines.ts';

const chunkBytes = 1024 * 1024;
/** No line is as long as this, bytes: what does not end within it is none. */
const lineBytesMax = 8 * chunkBytes;
/** Entries that are made into bytes at one go when some are taken out. Chosen. */
const rewriteEntries = 1_000;

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

/** A file of checked lines, one per entry. A line that is damaged costs its own entry and no other. */
export class JournalFile<Entry> implements KeptJournal<Entry> {
  readonly damagedBytes: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #title: string;
  readonly #bytesMax: number;
  #file: DiskFile;
  /** The file before it was rewritten: who was reading it reads on. */
  #replaced: DiskFile | undefined;
  #end: number;
  #count: number;
  #isFull = false;
  #waiting: Waiting[] = [];
  #removals: Removal[] = [];
  #writing: Promise<void> | undefined;

  private constructor(
    disk: Disk,
    path: string,
    options: Pick<KeptJournalOptions<Entry>, 'title' | 'bytesMax'>,
    found: {
      readonly file: DiskFile;
      readonly end: number;
      readonly count: number;
      readonly damagedBytes: number;
    },
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#title = options.title;
    this.#bytesMax = options.bytesMax;
    this.#file = found.file;
    this.#end = found.end;
    this.#count = found.count;
    this.damagedBytes = found.damagedBytes;
  }

  /** Cuts off a torn tail; damaged lines before whole ones stay and are passed over. */
  static async open<Entry>(
    disk: Disk,
    path: string,
    options: KeptJournalOptions<Entry>,
  ): Promise<JournalFile<Entry>> {
    const slash = path.lastIndexOf('/');
    const names = await disk.list(slash < 0 ? '.' : path.slice(0, slash));
    // The file is made by replace, which syncs the folder too: a synced file whose name is lost is lost.
    if (!names.includes(path.slice(slash + 1))) await disk.replace(path, new Uint8Array());
    const file = await disk.open(path);
    let end = 0;
    let count = 0;
    let damagedBytes = 0;
    for await (const line of linesAfter(file, 0)) {
      damagedBytes += line.start - end;
      end = line.end;
      count += 1;
      options.onEntry(line.value as Entry);
    }
    if (end < (await file.size())) await file.truncate(end);
    if (end > 0) await writeTailAgain(file, end);
    return new JournalFile<Entry>(disk, path, options, { file, end, count, damagedBytes });
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  append(entries: readonly Entry[]): Promise<void> {
    const lines = new TextEncoder().encode(entries.map(encodeLine).join(''));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, count: entries.length, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async *placed(after = 0): AsyncIterable<Placed<Entry>> {
    for await (const { value, end } of linesAfter(this.#file, after)) {
      if (end > this.#end) return;
      yield { entry: value as Entry, end };
    }
  }

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
      const fault = new HousecountError('log_unavailable', `${this.#title} cannot be written.`, {
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
      if (lines.push(encodeLine(entry)) < rewriteEntries) continue;
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
    if (this.#isFull) throw new HousecountError('log_unavailable', `${this.#title} is full.`);
    try {
      await this.#file.write(this.#end, bytes);
      await this.#file.sync();
    } catch (cause) {
      // Behind what is written next, what is left of it would look like entries. If this fails too, they are copies at most.
      await this.#file.truncate(this.#end).catch(() => undefined);
      throw new HousecountError('log_unavailable', `${this.#title} cannot be written.`, { cause });
    }
    this.#end += bytes.length;
    this.#count += batch.reduce((sum, { count }) => sum + count, 0);
  }
}

/**
 * Lines whose sync failed may read well and not be on the disk: the kernel calls their pages clean. Lines after them
 * would be lost with them at a power cut. What one sync covers is less than that.
 */
async function writeTailAgain(file: DiskFile, end: number): Promise<void> {
  const start = Math.max(0, end - chunkBytes);
  await file.write(start, await file.read(start, end - start));
  await file.sync();
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
