import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from '../disk.ts';
import { getUint64, setUint64, viewOf } from './frame.ts';

export interface AliveMark {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** Sum of the last positions of all partitions, all of them durable then. */
  readonly recordsDurable: number;
}

/** Two slots, written in turn, so far apart that a torn write of one leaves the other. */
const slotBytes = 4096;
const markBytes = 20;

/**
 * A small file that says when the process was last alive and how many records were durable then. Not synced (but at a
 * clean stop): after a power cut it may be older than the truth, but it never says more than was durable.
 */
export class AliveFile {
  #slot = 0;

  constructor(
    readonly file: DiskFile,
    public mark: AliveMark,
  ) {}

  /** Opens it, or makes it. */
  static async open(disk: Disk, path: string): Promise<AliveFile> {
    const found = await disk.read(path);
    if (found === undefined) await disk.replace(path, new Uint8Array(2 * slotBytes));
    const marks = [decode(found, 0), decode(found, slotBytes)];
    const newest = (marks[1]?.nowMs ?? -1) > (marks[0]?.nowMs ?? -1) ? 1 : 0;
    const alive = new AliveFile(await disk.open(path), marks[newest] ?? { nowMs: 0, recordsDurable: 0 });
    alive.#slot = newest;
    return alive;
  }

  /** Overwrites the older slot. */
  async write(mark: AliveMark): Promise<void> {
    this.mark = mark;
    this.#slot = 1 - this.#slot;
    const bytes = new Uint8Array(markBytes);
    const view = viewOf(bytes);
    setUint64(view, 4, mark.nowMs);
    setUint64(view, 12, mark.recordsDurable);
    view.setUint32(0, crc32(bytes.subarray(4)), true);
    await this.file.write(this.#slot * slotBytes, bytes);
  }
}

function decode(bytes: Uint8Array | undefined, at: number): AliveMark | undefined {
  if (bytes === undefined || bytes.length < at + markBytes) return undefined;
  const view = viewOf(bytes);
  const nowMs = getUint64(view, at + 4);
  if (nowMs === 0 || view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + markBytes)))
    return undefined;
  return { nowMs, recordsDurable: getUint64(view, at + 12) };
}
