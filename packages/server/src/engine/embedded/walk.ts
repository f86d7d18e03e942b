import { type BatchHeader, batchHeaderOf, ChainHash } from './batch.ts';
import type { Frame } from './frame.ts';

/** The appends that are whole, as far as a file was walked. */
export interface WholeAppends {
  /** Position of their last record. */
  readonly last: number;
  /** Chain after it; absent where there is none. */
  readonly chain?: string;
  /** First position of the newest append, and the chain before it. */
  readonly appendFirst: number;
  readonly appendPrev?: string;
  /** Offsets of the beginning of that append, and of the end of them all, bytes. */
  readonly appendStart: number;
  readonly end: number;
}

/** Why a frame does not follow the ones before it. */
export interface Misfit {
  /** A sentence without its end. */
  readonly what: string;
  /** No torn write explains it. */
  readonly isCertain: boolean;
  /** Where it begins, bytes. */
  readonly offset: number;
  /** Records that cannot be read because of it, so far as it tells; `to` below `from`: none. */
  readonly from: number;
  readonly to: number;
  /** Offset from which a batch that can be used may follow, bytes, and the position that its first record is past. */
  readonly resume: { readonly offset: number; readonly above: number };
}

/** Follows the frames of a file in order, and says where they stop being one log. */
export interface Walk {
  readonly whole: WholeAppends;
  /** Position of the next record. */
  readonly expected: number;
  /** An append has begun and is not whole yet; in a file without batches never. */
  readonly isOpen: boolean;
  /** Takes the next frame, or says why it cannot. */
  take(frame: Frame, offset: number): Misfit | undefined;
}

/** The place at which a walk begins. */
export interface WalkStart {
  readonly position: number;
  readonly offset: number;
  /** Chain there; left out: whatever the first batch says. */
  readonly chain?: string;
}

/** A walk through a file with batches, or through one of before there were any. */
export const walkFrom = (hasBatches: boolean, start: WalkStart): Walk =>
  hasBatches ? new BatchWalk(start) : new RecordWalk(start);

/** Through records without batches: what is whole is counted in transactions. */
class RecordWalk implements Walk {
  whole: WholeAppends;
  expected: number;
  readonly isOpen = false;
  #append: { appendFirst: number; appendStart: number };

  constructor({ position, offset }: WalkStart) {
    this.expected = position + 1;
    this.#append = { appendFirst: this.expected, appendStart: offset };
    this.whole = { last: position, end: offset, ...this.#append };
  }

  take(frame: Frame, offset: number): Misfit | undefined {
    const { expected } = this;
    if (frame.isHeader || frame.position !== expected)
      return {
        what: `record ${expected} is damaged or missing`,
        isCertain: false,
        offset,
        from: expected,
        to: expected - 1,
        resume: { offset, above: expected },
      };
    if (frame.appendFirst === expected) this.#append = { appendFirst: expected, appendStart: offset };
    if (!frame.more) this.whole = { last: expected, end: offset + frame.length, ...this.#append };
    this.expected = expected + 1;
    return undefined;
  }
}

/** Through batches: each is whole or not there, and names the one before it. */
class BatchWalk implements Walk {
  whole: WholeAppends;
  expected: number;
  #open:
    | {
        readonly header: BatchHeader;
        readonly hash: ChainHash;
        readonly offset: number;
        readonly last: number;
      }
    | undefined;

  constructor({ position, offset, chain }: WalkStart) {
    this.expected = position + 1;
    this.whole = {
      last: position,
      ...(chain !== undefined && { chain }),
      appendFirst: this.expected,
      ...(chain !== undefined && { appendPrev: chain }),
      appendStart: offset,
      end: offset,
    };
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  take(frame: Frame, offset: number): Misfit | undefined {
    const open = this.#open;
    if (open === undefined) return this.#begin(frame, offset);
    if (frame.isHeader || frame.position !== this.expected || frame.appendFirst !== open.header.first)
      return this.#misfit(`record ${this.expected} is missing in its batch`, offset);
    open.hash.add(frame);
    if (frame.position === open.last) {
      const { first, prev, chain } = open.header;
      if (open.hash.end() !== chain)
        return {
          what: `the batch of ${rangeWords(first, open.last)} is not what was written: it does not match its chain`,
          isCertain: true,
          offset: open.offset,
          from: first,
          to: open.last,
          resume: { offset: offset + frame.length, above: open.last },
        };
      this.whole = {
        last: open.last,
        chain,
        appendFirst: first,
        appendPrev: prev,
        appendStart: open.offset,
        end: offset + frame.length,
      };
      this.#open = undefined;
    }
    this.expected += 1;
    return undefined;
  }

  #begin(frame: Frame, offset: number): Misfit | undefined {
    const { expected } = this;
    const after = { offset: offset + frame.length, above: expected - 1 };
    const header = batchHeaderOf(frame);
    if (header === undefined)
      return frame.isHeader || frame.position < expected
        ? this.#misfit(`a batch stands there that is none`, offset, after)
        : this.#misfit(`the batch of record ${expected} is missing its beginning`, offset, after);
    const words = rangeWords(header.first, header.first + header.count - 1);
    if (header.first > expected)
      return {
        ...this.#misfit(
          `the batch of ${words} stands where record ${expected} was to be: a batch is missing, or stands elsewhere`,
          offset,
        ),
        to: header.first - 1,
        resume: { offset, above: expected - 1 },
      };
    if (header.first < expected)
      return this.#misfit(`the batch of ${words} stands there again, or in the wrong place`, offset, after);
    if (this.whole.chain !== undefined && header.prev !== this.whole.chain)
      return this.#misfit(
        `the batch of ${words} is of another log: it does not follow the one before it`,
        offset,
        after,
      );
    this.#open = { header, hash: new ChainHash(frame), offset, last: header.first + header.count - 1 };
    return undefined;
  }

  #misfit(what: string, offset: number, resume = { offset, above: this.expected }): Misfit {
    return { what, isCertain: true, offset, from: this.expected, to: this.expected - 1, resume };
  }
}

/** Records in words. */
export const rangeWords = (from: number, to: number): string =>
  from === to ? `record ${from}` : `records ${from} to ${to}`;
