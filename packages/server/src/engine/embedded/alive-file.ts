import assert from 'node:assert';
import { crc32 } from 'node:zlib';
import type { Logger } from '../../observe/contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { viewOf } from './frame.ts';

export interface AliveMark {
  /** The newest of all partitions, epoch milliseconds; 0: never. */
  readonly nowMs: number;
  /** When the owner of each partition was last alive; servers of before wrote that of all alone. */
  readonly lastMs?: Readonly<Record<string, number>>;
  /** Last position of each partition, all of it durable then. */
  readonly durable: Readonly<Record<string, number>>;
  /** The chain at each of these places; servers of before wrote none. */
  readonly chains?: Readonly<Record<string, string>>;
}

/** A place that the log is known to have reached; of logs of before there were batches without its chain. */
export interface KnownPlace {
  readonly position: number;
  readonly chain?: string | undefined;
}

/** When the owner of a partition was last alive by a mark, epoch milliseconds. */
export const lastAliveOf = ({ nowMs, lastMs }: AliveMark, partition: string): number =>
  lastMs === undefined ? nowMs : (lastMs[partition] ?? 0);

/** The place that a partition had reached by a mark. */
export const knownPlaceOf = (mark: AliveMark | undefined, partition: string): KnownPlace => ({
  position: mark?.durable[partition] ?? 0,
  chain: mark?.chains?.[partition],
});

/** Two slots, written in turn, so far apart that a torn write of one leaves the other. */
const slotBytes = 4096;
/** crc32 u32, length u32; then the mark as JSON. */
const headerBytes = 8;

/**
 * A small file that says when the process was last alive and how far the log was durable then. Not synced (but at a
 * clean stop): after a power cut it may be older than the truth, but it never says more than was durable.
 */
export class AliveFile {
  #slot = 0;

  constructor(
    readonly file: DiskFile,
    public mark: AliveMark,
  ) {}

  /**
   * Opens it, or makes it. A file without a readable slot counts as new; if something was in it, or it is missing although
   * `expected`, that is reported.
   */
  static async open(
    disk: Disk,
    { path, expected }: { readonly path: string; readonly expected: boolean },
    logger: Logger,
  ): Promise<AliveFile> {
    const found = await disk.read(path);
    if (found === undefined && expected)
      logger.error(
        'The mark of life is missing beside a log: a log that lost its newest records would not be noticed, and those who were there when the server ended count as last heard at the newest record.',
        { file: path },
      );
    if (found === undefined) await disk.replace(path, new Uint8Array(2 * slotBytes));
    const marks = marksOf(found);
    if (
      marks.every((mark) => mark === undefined) &&
      found &&
      (found.length === 0 || found.some((byte) => byte !== 0))
    )
      logger.error('The mark of life is damaged: a log that lost its newest records would not be noticed.', {
        file: path,
      });
    const newest = (marks[1]?.nowMs ?? -1) > (marks[0]?.nowMs ?? -1) ? 1 : 0;
    const alive = new AliveFile(await disk.open(path), marks[newest] ?? { nowMs: 0, durable: {} });
    alive.#slot = newest;
    return alive;
  }

  /** Overwrites the older slot. Does not sync. Time that went back is kept as it was. */
  async write(mark: AliveMark): Promise<void> {
    this.mark = { ...mark, nowMs: Math.max(mark.nowMs, this.mark.nowMs) };
    this.#slot = 1 - this.#slot;
    const json = new TextEncoder().encode(JSON.stringify(this.mark));
    const bytes = new Uint8Array(headerBytes + json.length);
    assert(bytes.length <= slotBytes, 'too many partitions for the alive file');
    const view = viewOf(bytes);
    view.setUint32(4, json.length, true);
    bytes.set(json, headerBytes);
    view.setUint32(0, crc32(bytes.subarray(4)), true);
    await this.file.write(this.#slot * slotBytes, bytes);
  }
}

/** The newest mark of a file, if one of its slots is whole. */
export function aliveMarkOf(found: Uint8Array | undefined): AliveMark | undefined {
  const [one, other] = marksOf(found);
  return (other?.nowMs ?? -1) > (one?.nowMs ?? -1) ? other : one;
}

const marksOf = (found: Uint8Array | undefined) => [decode(found, 0), decode(found, slotBytes)] as const;

function decode(file: Uint8Array | undefined, at: number): AliveMark | undefined {
  const slot = file?.subarray(at, at + slotBytes) ?? new Uint8Array();
  if (slot.length < headerBytes) return undefined;
  const view = viewOf(slot);
  const end = headerBytes + view.getUint32(4, true);
  if (end > slot.length || view.getUint32(0, true) !== crc32(slot.subarray(4, end))) return undefined;
  // The checksum says that these are the bytes that write() made.
  return JSON.parse(new TextDecoder().decode(slot.subarray(headerBytes, end))) as AliveMark;
}
