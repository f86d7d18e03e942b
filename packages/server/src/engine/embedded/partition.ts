import assert from 'node:assert';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { AppendOutcome, Batch, Place, StoredRecord } from '../contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { isSamePlace } from '../place.ts';
import type { KnownPlace } from './alive-file.ts';
import { chainBegin, encodeBatch } from './batch.ts';
import { corrupt, Segment, segmentNamePattern } from './segment.ts';
import { findTail } from './tail.ts';

export interface PartitionOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A segment of this size takes no further append. */
  readonly segmentBytesMax: number;
  /** Names this process in the batches that it writes: 8 bytes, hexadecimal. */
  readonly incarnation: string;
}

/** The segments of one partition, in order, and the only writer of the last one. */
export class Partition {
  /** Position of the last durable record. */
  last = 0;
  /** Chain at the end; where what is there has none, the one that begins after it. */
  #chain = chainBegin(0, new Uint8Array());
  /** Number of the next batch of this process. */
  #number = 1;
  /** Bytes of the torn tail that was cut at opening. */
  cutBytes = 0;
  readonly #segments: Segment[] = [];
  /** Offset of the next frame in the last segment, bytes. */
  #end = 0;
  /** The last segment's content is unknown after a failed sync or a failed taking back: never write to it again. */
  #mustRoll = false;
  #appending = false;
  /** The open file of the last segment. */
  #file: DiskFile | undefined;

  constructor(
    readonly options: PartitionOptions,
    readonly folder: string,
  ) {}

  /**
   * Reads what is there, cuts a torn end and makes the rest durable. `known`: a place known to have been so.
   * Throws `log_corrupt`, `data_newer`.
   */
  static async open(options: PartitionOptions, folder: string, known: KnownPlace): Promise<Partition> {
    const partition = new Partition(options, folder);
    await partition.#list();
    await partition.#recover(known);
    return partition;
  }

  async #list(): Promise<void> {
    const { disk } = this.options;
    const names = (await disk.list(this.folder)).filter((name) => segmentNamePattern.test(name)).sort();
    for (const name of names) {
      const segment = await Segment.open(disk, this.folder, name);
      const previous = this.#segments.at(-1);
      // The records up to there are checked for being whole when they are read.
      if (previous !== undefined) {
        const { path, head } = segment;
        previous.last = segment.first - 1;
        previous.next = head.chain === undefined ? undefined : { path, chain: head.chain };
      }
      this.#segments.push(segment);
    }
  }

  async #recover(known: KnownPlace): Promise<void> {
    const { disk, logger, clock } = this.options;
    const current = this.#segments.at(-1);
    if (current === undefined) {
      this.#assertHolds(0, known.position);
      return;
    }
    const { tail, bytes } = await current.use(async (file) => {
      const tail = await findTail(current, file, known.position);
      return { tail, bytes: await file.read(tail.appendStart, tail.end - tail.appendStart) };
    });
    // Before anything is changed on disk.
    this.#assertHolds(tail.last, known.position);
    if (known.chain !== undefined && tail.chainAt !== undefined && known.chain !== tail.chainAt)
      throw otherLog(this.folder, known.position);
    this.last = tail.last;
    this.#chain = tail.chain ?? chainBegin(tail.last, bytes);
    this.cutBytes = tail.cutBytes;
    current.last = tail.last;
    current.checked();
    this.#end = tail.end;
    if (tail.cutBytes === 0 && tail.last <= known.position) return;
    if (tail.cutBytes > 0) {
      logger.warn('Cut the unfinished end of the log: a write that was never acknowledged.', {
        file: current.path,
        fromByte: tail.end,
        cutBytes: tail.cutBytes,
        lastPosition: tail.last,
      });
    }
    // The newest append may be in the page cache only, and after a sync that failed the kernel would not write those
    // pages even if asked again. So it is written anew, to a new file, which also ends the old one before the torn part.
    const { appendFirst: first, appendPrev: chain, last } = tail;
    current.last = first - 1;
    if (current.first === first) this.#segments.pop();
    const head = { first, createdMs: clock.nowMs(), ...(chain !== undefined && { chain }) };
    const rewritten = await Segment.create(disk, this.folder, head, { last, bytes });
    this.#segments.push(rewritten);
    this.#end = rewritten.bytes;
  }

  #assertHolds(last: number, durable: number): void {
    if (last >= durable) return;
    throw new HousecountError(
      'log_corrupt',
      `${this.folder} ends at record ${last}, but record ${durable} had been made durable. ` +
        'Restore the data folder from a backup; or, to go on with what is there, delete the file "alive" in it.',
    );
  }

  /** See LogStore.end. */
  get end(): Place {
    return { position: this.last, chain: this.#chain };
  }

  /** See LogStore.append. */
  async append(batch: Batch, expected: Place): Promise<AppendOutcome> {
    assert(!this.#appending, 'one append at a time');
    const after = this.end;
    if (!isSamePlace(expected, after)) return { ok: false, reason: 'conflict', end: after };
    const { incarnation } = this.options;
    const { bytes, count, chain } = encodeBatch(batch, { after, incarnation, number: this.#number });
    if (count === 0) return { ok: true, end: after };
    this.#number += 1;
    this.#appending = true;
    try {
      const segment = await this.#writable();
      this.#file ??= await this.#openOnce(segment);
      const cause = await this.#write(segment, this.#file, bytes);
      if (cause !== undefined) return { ok: false, reason: 'unavailable', cause };
      segment.note(this.last + 1, this.#end);
      this.#end += bytes.length;
      this.last += count;
      this.#chain = chain;
      segment.last = this.last;
      segment.bytes = this.#end;
      return { ok: true, end: this.end };
    } catch (cause) {
      return { ok: false, reason: 'unavailable', cause };
    } finally {
      this.#appending = false;
    }
  }

  /** See LogStore.first. */
  get first(): number {
    return this.#segments[0]?.first ?? this.last + 1;
  }

  /** See LogStore.beyond. */
  beyond(bytes: number): number {
    let sum = 0;
    // The file that is being written to is kept, whatever its size.
    const over = this.#segments.findLastIndex((segment, at) => {
      sum += segment.bytes;
      return sum > bytes && at < this.#segments.length - 1;
    });
    return this.#segments[over]?.last ?? 0;
  }

  /** See LogStore.read. */
  async read(after: number, limit: number): Promise<readonly StoredRecord[]> {
    const until = Math.min(this.last, after + limit);
    const records: StoredRecord[] = [];
    for (let next = after; next < until; next = records.at(-1)?.position ?? until) {
      // Looked up anew each time: retention may have deleted a segment meanwhile, and opening it would make it anew.
      const segment = this.#segments.findLast(({ first }) => first <= next + 1);
      if (segment === undefined) {
        throw new HousecountError('no_longer_kept', `The oldest record kept is ${this.#segments[0]?.first}.`);
      }
      await segment.read(next, until - next, records);
    }
    return records;
  }

  /** See LogStore.trim. The age of a segment is that of its successor's creation. */
  async trim(position: number, beforeMs: number): Promise<void> {
    for (;;) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined) return;
      if (oldest.last > position || next.head.createdMs >= beforeMs) return;
      this.#segments.shift();
      await oldest.unused();
      // Oldest first, each removal durable: a crash in between leaves no hole.
      await this.options.disk.remove(oldest.path);
    }
  }

  /** Closes the file it writes to. */
  async close(): Promise<void> {
    await this.#letGo();
  }

  /** The last segment's file stays open from its first append on. */
  async #openOnce(segment: Segment): Promise<DiskFile> {
    try {
      return await segment.acquire();
    } catch (error) {
      await segment.release();
      throw error;
    }
  }

  async #letGo(): Promise<void> {
    if (this.#file === undefined) return;
    this.#file = undefined;
    await this.#segments.at(-1)?.release();
  }

  async #writable(): Promise<Segment> {
    const current = this.#segments.at(-1);
    const isFull = this.#end >= this.options.segmentBytesMax;
    // A file of before there were batches takes none.
    if (current?.head.chain !== undefined && !this.#mustRoll && !isFull) return current;
    return this.#roll();
  }

  /** Starts the next segment. From then on the file before it ends at its last durable record, whatever else it holds. */
  async #roll(): Promise<Segment> {
    const first = this.last + 1;
    const current = this.#segments.at(-1);
    // Whatever fails from here on, the file before it is not written again: the next append begins here too.
    this.#mustRoll = true;
    await this.#letGo();
    const head = { first, createdMs: this.options.clock.nowMs(), chain: this.#chain };
    const content = { last: this.last, bytes: new Uint8Array() };
    const segment = await Segment.create(this.options.disk, this.folder, head, content);
    if (current?.first === first) this.#segments.pop();
    this.#segments.push(segment);
    this.#end = segment.bytes;
    this.#mustRoll = false;
    return segment;
  }

  /** Writes and syncs; on failure takes back what was written and returns the cause. */
  async #write(segment: Segment, file: DiskFile, bytes: Uint8Array): Promise<unknown> {
    let synced = false;
    try {
      await file.write(this.#end, bytes);
      synced = true;
      await file.sync();
      return undefined;
    } catch (cause) {
      const { logger } = this.options;
      try {
        await file.truncate(this.#end);
        // After a failed sync the kernel may call pages clean that never reached the disk: this file is done with.
        if (synced) this.#mustRoll = true;
        else await file.sync();
      } catch (error) {
        this.#mustRoll = true;
        logger.error('The log could not take back a failed write; it goes on in a new file.', {
          file: segment.path,
          error: String(error),
        });
      }
      return cause ?? corrupt(segment.path, this.#end, 'the write failed without a reason');
    }
  }
}

/** The failure of a log that holds another batch than it once did. */
const otherLog = (folder: string, position: number): HousecountError =>
  new HousecountError(
    'log_corrupt',
    `${folder} holds another record ${position} than it did when the server last ran: files of another log are in it, or it was changed. ` +
      'Restore the data folder from a backup; or, to go on with what is there, delete the file "alive" in it.',
  );
