import { createHash } from 'node:crypto';
import { type EventsLost, eventsLostIdOf, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Disk } from '../../engine/disk.ts';
import { decodeLines, encodeLine } from '../../kept/files/checked-lines.ts';
import type { Logger } from '../../observe/contract.ts';
import { isObject } from '../../settings/reader.ts';

export const lostFolder = 'notify/lost';
/** What was told is written this long after, milliseconds: what a killed process may tell twice. Chosen. */
const writeMs = 1_000;

interface Kept {
  readonly through: number;
  readonly events: number;
  readonly pending: readonly EventsLost[];
}

/**
 * What one endpoint lost to retention, and which of it the endpoint has not been told. On disk before its cursor passes
 * the events, so that what is lost is told, whatever happens, at least once.
 */
export class LostEvents {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #path: string;
  #through: number;
  #events: number;
  /** By the id of their notice. */
  #pending: Map<string, EventsLost>;
  #cancelWrite: (() => void) | undefined;
  /** The last piece of work on the file; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(parts: { disk: Disk; clock: Clock; logger: Logger }, path: string, kept: Kept) {
    this.#disk = parts.disk;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#path = path;
    this.#through = kept.through;
    this.#events = kept.events;
    this.#pending = byId(kept.pending);
  }

  /** Fails with `data_damaged` if the file cannot be read: what was lost would not be told. */
  static async open(
    parts: { disk: Disk; clock: Clock; logger: Logger },
    endpointId: string,
  ): Promise<LostEvents> {
    const path = pathOf(endpointId);
    const bytes = await parts.disk.read(path);
    return new LostEvents(parts, path, bytes ? keptOf(bytes, path) : { through: 0, events: 0, pending: [] });
  }

  /** Durably forgets what the endpoint lost. */
  static async remove(disk: Disk, endpointId: string): Promise<void> {
    if ((await disk.read(pathOf(endpointId))) !== undefined) await disk.remove(pathOf(endpointId));
  }

  /** Up to this position of the log nothing is sent any more. */
  get through(): number {
    return this.#through;
  }

  /** How many events were lost so far, as far as they could be counted. */
  get events(): number {
    return this.#events;
  }

  /** Not told yet, or not for sure. */
  get pending(): readonly EventsLost[] {
    return [...this.#pending.values()];
  }

  /** Durable when it resolves. Fails with `log_unavailable`, and then nothing is changed. */
  add(through: number, events: number, pending: readonly EventsLost[]): Promise<void> {
    return this.#inTurn(async () => {
      const total = this.#events + events;
      await this.#write({ through, events: total, pending });
      this.#through = through;
      this.#events = total;
      this.#pending = byId(pending);
    });
  }

  /** The endpoint knows of it. */
  told(lost: EventsLost): void {
    this.#pending.delete(eventsLostIdOf(lost));
    this.#cancelWrite ??= this.#clock.after(writeMs, () => void this.#writeTold());
  }

  /** Writes what was told. */
  async stop(): Promise<void> {
    if (this.#cancelWrite) await this.#writeTold();
    await this.#turn;
  }

  async #writeTold(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    try {
      await this.#inTurn(() =>
        this.#write({ through: this.#through, events: this.#events, pending: this.pending }),
      );
    } catch (cause) {
      this.#logger.warn('What an endpoint was told it lost cannot be noted; it may be told again.', {
        cause: String(cause),
      });
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(work);
    // Whoever asked is told; the next one's turn comes all the same.
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #write(kept: Kept): Promise<void> {
    try {
      await this.#disk.replace(this.#path, new TextEncoder().encode(encodeLine(kept)));
    } catch (cause) {
      throw new HousecountError('log_unavailable', 'What an endpoint lost cannot be noted.', { cause });
    }
  }
}

const byId = (pending: readonly EventsLost[]) => new Map(pending.map((lost) => [eventsLostIdOf(lost), lost]));

/** An endpoint's id may hold anything; a file's name may not. */
const pathOf = (endpointId: string) =>
  `${lostFolder}/${createHash('sha256').update(endpointId).digest('hex').slice(0, 32)}`;

function keptOf(bytes: Uint8Array, path: string): Kept {
  const [line] = decodeLines(bytes);
  if (line?.end === bytes.length && isKept(line.value)) return line.value;
  throw new HousecountError(
    'data_damaged',
    `It is ${path}, which says what an endpoint lost. Restore the data folder from a backup, or delete the file: the ` +
      'endpoint is then not told what it lost.',
  );
}

function isKept(value: unknown): value is Kept {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.through) &&
    Number.isSafeInteger(value.events) &&
    Array.isArray(value.pending) &&
    value.pending.every((one) => isObject(one) && one.type === 'events-lost' && typeof one.app === 'string')
  );
}
