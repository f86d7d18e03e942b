import { HousecountError } from '@housecount/protocol';
import type { Kept } from '../../kept/contract.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { LogEntry } from '../../log/record/record.ts';
import type { Logger } from '../../observe/contract.ts';
import {
  type Chunk,
  damagedChunk,
  decodeChunk,
  encodeChunk,
  encodeEntry,
  entriesOf,
} from './set-aside-chunk.ts';

export const setAsideFolder = 'notify/set-aside';
/** A reader holds one chunk in memory, bytes; and an app loses one at a time when it has more than its share. Chosen. */
const chunkBytesMax = 1024 * 1024;
/** An app's share in at least so many chunks, so that few more are lost than must be. Chosen. */
const chunksPerShare = 8;

const chunkNamePattern = /^\d{16}$/;

/** A chunk without its entries; `bytes`: of its file. */
interface KeptChunk {
  readonly path: string;
  readonly after: number;
  readonly through: number;
  readonly bytes: number;
}

/**
 * The events of one app, since its slowest receiver, in that part of the log which is given away because of its bytes:
 * copied here once for all its receivers, so that what other apps write does not push them out. Its chunks follow one another without a gap,
 * and the log follows the last. Whoever changes it does so one after the other; others may read meanwhile.
 */
export class SetAside {
  readonly #room: SetAsideParts['kept'];
  readonly #folder: string;
  readonly #chunkBytes: number;
  /** Oldest first. */
  #chunks: readonly KeptChunk[];

  private constructor(
    room: SetAsideParts['kept'],
    folder: string,
    chunkBytes: number,
    chunks: readonly KeptChunk[],
  ) {
    this.#room = room;
    this.#folder = folder;
    this.#chunkBytes = chunkBytes;
    this.#chunks = chunks;
  }

  /**
   * Reads what is there, each chunk whole. What does not lead to the log without a gap is of no use, or of another
   * log, and is deleted: damaged chunks too, and what lies before them. Endpoints are told then that it is lost to them.
   */
  static async open(
    { kept, logger, log }: SetAsideParts,
    app: string,
    shareBytes: number,
  ): Promise<SetAside> {
    const folder = `${setAsideFolder}/${app}`;
    const names = (await kept.list(folder)).filter((name) => chunkNamePattern.test(name)).sort();
    const chunks: KeptChunk[] = [];
    let next = (await log.firstPosition()) - 1;
    let isLast = true;
    for (const path of names.map((name) => `${folder}/${name}`).reverse()) {
      const bytes = (await kept.bytes(path).read()) ?? new Uint8Array();
      const chunk = decodeChunk(bytes);
      const follows = isLast
        ? chunk && chunk.through >= next && chunk.through <= log.lastPosition
        : chunk?.through === next;
      if (!chunk || !follows) {
        logger.warn('Events that were set aside for receivers cannot be used, nor those before them.', {
          file: path,
          why: chunk ? 'they do not lead to the log' : 'the file is damaged',
        });
        break;
      }
      chunks.unshift({ path, after: chunk.after, through: chunk.through, bytes: bytes.length });
      next = chunk.after;
      isLast = false;
    }
    for (const name of names.slice(0, names.length - chunks.length))
      await kept.bytes(`${folder}/${name}`).remove();
    const chunkBytes = Math.min(chunkBytesMax, Math.ceil(shareBytes / chunksPerShare));
    return new SetAside(kept, folder, chunkBytes, chunks);
  }

  /** Size of its files, bytes. */
  get bytes(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The size from which a write is worth it, bytes. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /** The position that it reaches to; 0: it is empty. */
  get through(): number {
    return this.#chunks.at(-1)?.through ?? 0;
  }

  /** The position after which it and the log, which begins at `firstPosition`, have all events of the app. */
  keptAfter(firstPosition: number): number {
    const after = firstPosition - 1;
    return this.through < after ? after : Math.min(after, this.#chunks[0]?.after ?? after);
  }

  /** True if the entries that come next after this position are here. */
  covers(position: number): boolean {
    const [oldest] = this.#chunks;
    return oldest !== undefined && oldest.after <= position && position < this.through;
  }

  /** The position up to which the log need keep nothing for a reader that has finished everything up to `finishedTo`. */
  neededAfter(finishedTo: number): number {
    return this.covers(finishedTo) ? this.through : finishedTo;
  }

  /**
   * Some entries after a position that it covers, in order, and the position up to which these are all.
   * Fails with `data_damaged`, or with `no_longer_kept` if they were let go meanwhile.
   */
  async read(position: number): Promise<{ entries: readonly LogEntry[]; through: number }> {
    const kept = this.#chunks.find(({ through }) => position < through);
    const bytes = kept && (await this.#room.bytes(kept.path).read());
    if (!bytes) throw new HousecountError('no_longer_kept');
    const chunk = decodeChunk(bytes);
    if (!chunk) throw damagedChunk(kept.path);
    return { entries: entriesOf(chunk, position), through: chunk.through };
  }

  /**
   * Adds the app's entries after `after` up to `through`, which the log still has; durable when it resolves. If it does
   * not end at `after`, it begins anew there: nobody needs what is before, and the log has what it held of later (an
   * endpoint came back that is further behind). Fails with what the disk fails with, and may then have a part of them.
   */
  async append(entries: readonly LogEntry[], { after, through }: Omit<Chunk, 'body'>): Promise<void> {
    if (this.through !== after) await this.removeTo(this.through);
    const lines = entries.map(encodeEntry);
    let from = after;
    let start = 0;
    while (start < lines.length || from < through) {
      const last = this.#chunks.at(-1);
      let room = this.#chunkBytes - (last?.bytes ?? 0);
      const isMore = last !== undefined && (lines[start]?.length ?? 0) <= room;
      if (!isMore) room = this.#chunkBytes;
      let end = start;
      for (let bytes = 0; end < lines.length; end++) {
        bytes += lines[end]?.length ?? 0;
        // One that is longer than a chunk has one of its own.
        if (bytes > room && end > start) break;
      }
      const to = end < lines.length ? (entries[end - 1]?.position ?? from) : through;
      await this.#write(isMore ? last : undefined, {
        after: from,
        through: to,
        body: Buffer.concat(lines.slice(start, end)),
      });
      start = end;
      from = to;
    }
  }

  /** The position up to which lies what is more than the newest `bytes` bytes, in whole chunks; 0: there is no more. */
  beyond(bytes: number): number {
    let sum = 0;
    return (
      this.#chunks.findLast((chunk) => {
        sum += chunk.bytes;
        return sum > bytes;
      })?.through ?? 0
    );
  }

  /** Deletes the chunks of which everything lies at or before `position`, oldest first, each durably. */
  async removeTo(position: number): Promise<void> {
    for (;;) {
      const [oldest, ...rest] = this.#chunks;
      if (!oldest || oldest.through > position) return;
      await this.#room.bytes(oldest.path).remove();
      this.#chunks = rest;
    }
  }

  /** A new chunk, or more of the last one, under the same name. */
  async #write(last: KeptChunk | undefined, more: Chunk): Promise<void> {
    const before = last && (await this.#room.bytes(last.path).read());
    const known = before && decodeChunk(before);
    if (last && !known) throw damagedChunk(last.path);
    const chunk = known
      ? { ...more, after: known.after, body: Buffer.concat([known.body, more.body]) }
      : more;
    const path = last?.path ?? `${this.#folder}/${String(chunk.after).padStart(16, '0')}`;
    const parts = encodeChunk(chunk);
    await this.#room.bytes(path).put(parts);
    const { after, through } = chunk;
    const kept = { path, after, through, bytes: parts.reduce((sum, { length }) => sum + length, 0) };
    this.#chunks = [...(last ? this.#chunks.slice(0, -1) : this.#chunks), kept];
  }
}

export interface SetAsideParts {
  readonly kept: Pick<Kept, 'list' | 'bytes'>;
  readonly logger: Logger;
  readonly log: Pick<LogRetention, 'firstPosition'> & Pick<Feed, 'lastPosition'>;
}
