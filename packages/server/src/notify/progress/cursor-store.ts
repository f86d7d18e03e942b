import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Kept, KeptChange, KeptMap, Revision } from '../../kept/contract.ts';
import type { Logger } from '../../observe/contract.ts';
import { isObject } from '../../settings/reader.ts';
import { Turn } from '../../turn.ts';
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

/** The cursor of an endpoint, and its halt if it could not be reached there. */
export interface KeptCursor extends Cursor {
  readonly halt?: Halt | undefined;
}

export interface CursorParts {
  readonly kept: Pick<Kept, 'map'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The cursors of all endpoints, kept over crashes: those that moved are written together, shortly after. A cursor is only ever
 * too old: then a notice is sent again, under its id.
 */
export class CursorStore {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kept: KeptMap<KeptCursor>;
  readonly #sources = new Map<string, () => KeptCursor>();
  /** What each endpoint's cursor was when it was read, or written, here. */
  readonly #revisions = new Map<string, Revision>();
  readonly #moved = new Set<string>();
  /** One piece of work on what is kept after the other. */
  readonly #turn = new Turn();
  #syncedMs: number;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;
  #failing = false;

  private constructor({ clock, logger }: CursorParts, kept: KeptMap<KeptCursor>) {
    this.#clock = clock;
    this.#logger = logger;
    this.#kept = kept;
    this.#syncedMs = clock.steadyMs();
  }

  /**
   * Reads what is stored and durably gives each endpoint in `endpointIds` that has no cursor the `newcomer` one.
   * Fails with `data_damaged` if the file is damaged where no crash damages it: guessing would lose notices.
   */
  static async open(
    parts: CursorParts,
    endpointIds: readonly string[],
    newcomer: Cursor,
  ): Promise<CursorStore> {
    const { logger } = parts;
    const kept = await parts.kept.map(cursorPath, {
      isValue: isKeptCursor,
      damaged,
      rewriteBytesMin: cursorFileBytesMax,
    });
    // The first start of all makes it, when the log is empty.
    if (kept.isNew && newcomer.through > 0)
      logger.warn(
        `There is no ${cursorPath}, though the log is not empty: every endpoint begins at its end, and what it had not been sent before is lost to it.`,
        { after: newcomer.through },
      );
    if (kept.cutBytes > 0)
      logger.warn('The last cursors were torn and are ignored; some notices are sent again.', {
        cutBytes: kept.cutBytes,
      });
    const newcomers = endpointIds.filter((id) => !kept.values.has(id));
    for (const endpoint of newcomers)
      logger.info('The endpoint is new: its notices begin here.', { endpoint, after: newcomer.through });
    const added = newcomers.map((key) => ({ key, value: newcomer, expected: kept.revision(key) }));
    if (!(await kept.put(added))) throw takenElsewhere();
    return new CursorStore(parts, kept);
  }

  /** Ids of the endpoints whose cursors are stored, also of those that are not there now. */
  ids(): readonly string[] {
    return [...this.#kept.values.keys()];
  }

  /** The newest write failed; the cursors on disk are older than the truth. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * Durably gives an endpoint a cursor to begin at, whatever it had before.
   * Fails with `log_unavailable` if it cannot be written; then it has what it had.
   */
  async add(endpointId: string, newcomer: Cursor): Promise<void> {
    await this.#durably(async () => {
      const expected = this.#kept.revision(endpointId);
      if (!(await this.#kept.put([{ key: endpointId, value: newcomer, expected }]))) throw takenElsewhere();
      this.#know(endpointId);
    });
  }

  /**
   * Durably gives an endpoint a cursor to begin at, unless it has one from before. Fails as `add`.
   */
  async keepOrAdd(endpointId: string, newcomer: Cursor): Promise<void> {
    if (!this.#kept.values.has(endpointId)) await this.add(endpointId, newcomer);
  }

  /** Writes where the endpoint is, and asks for it no more: it is known again when it comes back. */
  async release(endpointId: string): Promise<void> {
    this.#moved.add(endpointId);
    await this.#turn.take(() => this.#write(true));
    this.#sources.delete(endpointId);
    this.#revisions.delete(endpointId);
  }

  /** Durably forgets an endpoint. Fails with `log_unavailable`; then it may be known again after a restart. */
  async remove(endpointId: string): Promise<void> {
    await this.#durably(async () => {
      this.#sources.delete(endpointId);
      this.#moved.delete(endpointId);
      this.#revisions.delete(endpointId);
      if (!(await this.#kept.remove(endpointId, this.#kept.revision(endpointId)))) throw takenElsewhere();
    });
  }

  /** The stored cursor of an endpoint named at opening, or added. */
  get(endpointId: string): KeptCursor {
    const cursor = this.#kept.values.get(endpointId);
    if (!cursor) throw new HousecountError('internal', `No cursor for endpoint ${endpointId}.`);
    return cursor;
  }

  /** `read` gives the endpoint's cursor whenever it is written. */
  track(endpointId: string, read: () => KeptCursor): void {
    this.#sources.set(endpointId, read);
    this.#know(endpointId);
  }

  /** The endpoint's cursor moved: it is written within cursorWriteMs. */
  moved(endpointId: string): void {
    if (this.#stopped) return;
    this.#moved.add(endpointId);
    this.#cancelTimer ??= this.#clock.after(cursorWriteMs, () => {
      this.#writing = this.#turn
        .take(() => this.#write(false))
        .then(() => {
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
    await this.#turn.take(() => this.#write(true));
    await this.#kept.close();
  }

  #durably(work: () => Promise<void>): Promise<void> {
    return this.#turn.take(async () => {
      try {
        await work();
      } catch (cause) {
        throw new HousecountError('log_unavailable', 'The notice cursors cannot be written.', { cause });
      }
      this.#syncedMs = this.#clock.steadyMs();
    });
  }

  async #write(isLast: boolean): Promise<void> {
    const changes: KeptChange<KeptCursor>[] = [];
    for (const key of this.#moved) {
      const value = this.#sources.get(key)?.();
      const expected = this.#revisions.get(key);
      if (value && expected !== undefined) changes.push({ key, value, expected });
    }
    this.#moved.clear();
    try {
      const isDue = this.#clock.steadyMs() - this.#syncedMs >= cursorSyncMs;
      const { isSynced, refused } = await this.#kept.note(changes, isLast || isDue);
      if (isSynced) this.#syncedMs = this.#clock.steadyMs();
      if (refused.length > 0) throw takenElsewhere();
      this.#failing = false;
    } catch (cause) {
      // The old cursors stand.
      for (const { key } of changes) this.#moved.add(key);
      if (!this.#failing)
        this.#logger.warn('The notice cursors cannot be written; trying again.', { cause: String(cause) });
      this.#failing = true;
    }
    // Of those that are now what was to be written, also where the disk failed at it.
    for (const { key, value } of changes) if (this.#kept.values.get(key) === value) this.#know(key);
  }

  #know(endpointId: string): void {
    this.#revisions.set(endpointId, this.#kept.revision(endpointId));
  }
}

/** Another server sends to the endpoint: only one may move its cursor. */
const takenElsewhere = (): HousecountError =>
  new HousecountError('log_unavailable', 'Another server moves the cursor of the endpoint.');

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
