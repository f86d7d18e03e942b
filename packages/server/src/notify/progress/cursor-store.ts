import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Disk, DiskFile } from '../../engine/disk.ts';
import { decodeLines, encodeLine } from '../../kept/files/checked-lines.ts';
import type { Logger } from '../../observe/contract.ts';
import { isObject } from '../../settings/reader.ts';
import type { Cursor } from './delivery-window.ts';
import type { Halt } from './halt.ts';

export const cursorPath = 'notify/cursors';

/** Cursors are written this long after they moved, milliseconds: what a killed process may send twice. Chosen. */
export const cursorWriteMs = 100;
/**
 * Written lines are synced this often, milliseconds. A written line survives a killed process; only a power cut can
 * take it, and then more is sent twice, nothing less. Rare, because a sync competes with the log's own. Chosen.
 */
export const cursorSyncMs = 1_000;
/** The file is rewritten when it grows past this, bytes, and is twice as long as it then was. */
export const cursorFileBytesMax = 1024 * 1024;

/** Where an endpoint is, and whether it could be reached there. */
export interface KeptCursor extends Cursor {
  readonly halt?: Halt | undefined;
}

type CursorLine = Record<string, KeptCursor>;
const encoder = new TextEncoder();

/**
 * Where each endpoint is, kept over crashes. One file for all: lines of cursors that moved, appended; the last
 * line that speaks of an endpoint counts. A cursor is only ever too old: then a notice is sent again, under its id.
 */
export class CursorStore {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stored: Map<string, KeptCursor>;
  readonly #sources = new Map<string, () => KeptCursor>();
  readonly #moved = new Set<string>();
  #file: DiskFile;
  #end: number;
  /** As long was the file when it was last rewritten, bytes. */
  #rewrittenEnd: number;
  #syncedMs: number;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** The last piece of work on the file; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();
  /** The path may hold another file than `#file`: only a rewrite puts that right. */
  #stale = false;
  #stopped = false;
  #failing = false;

  private constructor(
    parts: { disk: Disk; clock: Clock; logger: Logger },
    stored: Map<string, KeptCursor>,
    file: DiskFile,
    end: number,
  ) {
    this.#disk = parts.disk;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#stored = stored;
    this.#file = file;
    this.#end = end;
    this.#rewrittenEnd = end;
    this.#syncedMs = parts.clock.steadyMs();
  }

  /**
   * Reads what is stored and durably gives each endpoint in `endpointIds` that has no cursor the `newcomer` one.
   * Fails with `data_damaged` if the file is damaged where no crash damages it: guessing would lose notices.
   */
  static async open(
    parts: { disk: Disk; clock: Clock; logger: Logger },
    endpointIds: readonly string[],
    newcomer: Cursor,
  ): Promise<CursorStore> {
    const found = await parts.disk.read(cursorPath);
    const bytes = found ?? new Uint8Array();
    const lines = decodeLines(bytes);
    const whole = lines.at(-1)?.end ?? 0;
    // The first start of all makes it, when the log is empty.
    if (!found && newcomer.through > 0)
      parts.logger.warn(
        `There is no ${cursorPath}, though the log is not empty: every endpoint begins at its end, and what it had not been sent before is lost to it.`,
        { after: newcomer.through },
      );
    // There never is an empty file: it is made whole, under another name.
    if (found && whole === 0) throw damaged();
    if (whole < bytes.length)
      parts.logger.warn('The last cursors were torn and are ignored; some notices are sent again.', {
        cutBytes: bytes.length - whole,
      });
    const stored = new Map<string, KeptCursor>();
    for (const { value } of lines)
      for (const [id, cursor] of Object.entries(checkedLine(value))) stored.set(id, cursor);
    for (const endpoint of endpointIds) {
      if (stored.has(endpoint)) continue;
      stored.set(endpoint, newcomer);
      parts.logger.info('The endpoint is new: its notices begin here.', {
        endpoint,
        after: newcomer.through,
      });
    }
    const end = await rewrite(parts.disk, stored);
    return new CursorStore(parts, stored, await parts.disk.open(cursorPath), end);
  }

  /** Whose cursors are stored, also of those that are not there now. */
  ids(): readonly string[] {
    return [...this.#stored.keys()];
  }

  /** The newest write failed; the cursors on disk are older than the truth. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * Durably gives an endpoint a cursor to begin at, whatever it had before.
   * Fails with `log_unavailable` if it cannot be written; then it has none.
   */
  async add(endpointId: string, newcomer: Cursor): Promise<void> {
    await this.#inTurn(async () => {
      this.#stored.set(endpointId, newcomer);
      try {
        await this.#rewrite();
      } catch (cause) {
        this.#stored.delete(endpointId);
        throw new HousecountError('log_unavailable', 'The notice cursors cannot be written.', { cause });
      }
    });
  }

  /**
   * Durably gives an endpoint a cursor to begin at, unless it has one from before. Fails as `add`.
   */
  async keepOrAdd(endpointId: string, newcomer: Cursor): Promise<void> {
    if (!this.#stored.has(endpointId)) await this.add(endpointId, newcomer);
  }

  /** Writes where the endpoint is, and asks for it no more: it is known again when it comes back. */
  async release(endpointId: string): Promise<void> {
    this.#moved.add(endpointId);
    await this.#inTurn(() => this.#write(true));
    const last = this.#sources.get(endpointId)?.();
    this.#sources.delete(endpointId);
    if (last) this.#stored.set(endpointId, last);
  }

  /** Durably forgets an endpoint. Fails with `log_unavailable`; then it may be known again after a restart. */
  async remove(endpointId: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#sources.delete(endpointId);
      this.#moved.delete(endpointId);
      this.#stored.delete(endpointId);
      try {
        await this.#rewrite();
      } catch (cause) {
        throw new HousecountError('log_unavailable', 'The notice cursors cannot be written.', { cause });
      }
    });
  }

  /** The stored cursor of an endpoint named at opening, or added. */
  get(endpointId: string): KeptCursor {
    const cursor = this.#stored.get(endpointId);
    if (!cursor) throw new HousecountError('internal', `No cursor for endpoint ${endpointId}.`);
    return cursor;
  }

  /** `read` gives the endpoint's cursor whenever it is written. */
  track(endpointId: string, read: () => KeptCursor): void {
    this.#sources.set(endpointId, read);
  }

  /** The endpoint's cursor moved: it is written within cursorWriteMs. */
  moved(endpointId: string): void {
    if (this.#stopped) return;
    this.#moved.add(endpointId);
    this.#cancelTimer ??= this.#clock.after(cursorWriteMs, () => {
      this.#writing = this.#inTurn(() => this.#write(false)).then(() => {
        this.#cancelTimer = undefined;
        const left = this.#moved.values().next();
        if (!left.done) this.moved(left.value);
      });
    });
  }

  /** Writes and syncs what moved, then closes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#writing;
    await this.#inTurn(() => this.#write(true));
    await this.#file.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    // Whoever asked is told; the next one's turn comes all the same.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #rewrite(): Promise<void> {
    this.#stale = true;
    const end = await rewrite(this.#disk, this.#stored);
    const old = this.#file;
    this.#file = await this.#disk.open(cursorPath);
    this.#end = end;
    this.#rewrittenEnd = end;
    this.#syncedMs = this.#clock.steadyMs();
    this.#stale = false;
    await old.close();
  }

  async #write(sync: boolean): Promise<void> {
    const line: CursorLine = {};
    for (const id of this.#moved) {
      const cursor = this.#sources.get(id)?.();
      if (cursor) line[id] = cursor;
    }
    this.#moved.clear();
    for (const [id, cursor] of Object.entries(line)) this.#stored.set(id, cursor);
    try {
      const endMax = Math.max(cursorFileBytesMax, 2 * this.#rewrittenEnd);
      if (this.#stale || this.#end > endMax) await this.#rewrite();
      else {
        const bytes = encoder.encode(encodeLine(line));
        await this.#file.write(this.#end, bytes);
        this.#end += bytes.length;
        if (sync || this.#clock.steadyMs() - this.#syncedMs >= cursorSyncMs) {
          await this.#file.sync();
          this.#syncedMs = this.#clock.steadyMs();
        }
      }
      this.#failing = false;
    } catch (cause) {
      // The old cursors stand. What was half written lies at #end, where the next line overwrites it.
      for (const id of Object.keys(line)) this.#moved.add(id);
      if (!this.#failing)
        this.#logger.warn('The notice cursors cannot be written; trying again.', { cause: String(cause) });
      this.#failing = true;
    }
  }
}

async function rewrite(disk: Disk, cursors: ReadonlyMap<string, KeptCursor>): Promise<number> {
  const bytes = encoder.encode(encodeLine(Object.fromEntries(cursors)));
  await disk.replace(cursorPath, bytes);
  return bytes.length;
}

function checkedLine(value: unknown): CursorLine {
  if (typeof value === 'object' && value !== null && Object.values(value).every(isKeptCursor))
    return value as CursorLine;
  throw damaged();
}

const damaged = (): HousecountError =>
  new HousecountError(
    'data_damaged',
    `It is ${cursorPath}, where each endpoint's place is kept. Restore the data folder from a backup; or delete ` +
      "the file: every endpoint then begins at the log's end, and what it has not been sent is lost to it.",
  );

function isKeptCursor(value: unknown): value is KeptCursor {
  if (!isCursor(value)) return false;
  const { halt } = value as { halt?: unknown };
  return (
    halt === undefined ||
    (isObject(halt) &&
      (halt.state === 'suspended' || halt.state === 'gone') &&
      typeof halt.sinceMs === 'number' &&
      typeof halt.why === 'string')
  );
}

function isCursor(value: unknown): value is Cursor {
  if (typeof value !== 'object' || value === null || !('through' in value) || !('open' in value))
    return false;
  return (
    Number.isSafeInteger(value.through) && Array.isArray(value.open) && value.open.every(Number.isSafeInteger)
  );
}
