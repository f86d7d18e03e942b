import { type EventsLost, eventsLostIdOf, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Kept, KeptValue, Revision } from '../../kept/contract.ts';
import type { Logger } from '../../observe/contract.ts';
import { isObject } from '../../settings/reader.ts';
import { Turn } from '../../turn.ts';
import { keptNameOf } from './kept-name.ts';

export const lostFolder = 'notify/lost';
/** Delay before it is written which losses were told, milliseconds: a killed process may tell those again. Chosen. */
const writeMs = 1_000;

interface Lost {
  readonly through: number;
  readonly events: number;
  readonly pending: readonly EventsLost[];
}

export interface LostParts {
  readonly kept: Pick<Kept, 'value'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The events that one endpoint lost to retention, and which of them it has not been told of. On disk before its cursor passes
 * the events, so that what is lost is told, whatever happens, at least once.
 */
export class LostEvents {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kept: KeptValue;
  /** One write after the other. */
  readonly #turn = new Turn();
  #revision: Revision;
  #through: number;
  #events: number;
  /** Losses that are not told yet, by the id of their notice. */
  #pending: Map<string, EventsLost>;
  #cancelWrite: (() => void) | undefined;

  private constructor(
    { clock, logger }: LostParts,
    { kept, revision }: { readonly kept: KeptValue; readonly revision: Revision },
    lost: Lost,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#kept = kept;
    this.#revision = revision;
    this.#through = lost.through;
    this.#events = lost.events;
    this.#pending = byId(lost.pending);
  }

  /** Fails with `data_damaged` if the file cannot be read: what was lost would not be told. */
  static async open(parts: LostParts, endpointId: string): Promise<LostEvents> {
    const path = keptNameOf(lostFolder, endpointId);
    const kept = parts.kept.value(path);
    const found = await kept.read();
    const at = { kept, revision: found.revision };
    if (found.is === 'none') return new LostEvents(parts, at, { through: 0, events: 0, pending: [] });
    if (found.is === 'whole' && isLost(found.value)) return new LostEvents(parts, at, found.value);
    throw new HousecountError(
      'data_damaged',
      `It is ${path}, which says what an endpoint lost. Restore the data folder from a backup, or delete the file: the ` +
        'endpoint is then not told what it lost.',
    );
  }

  /** Durably forgets what the endpoint lost. */
  static async remove(kept: Pick<Kept, 'value'>, endpointId: string): Promise<void> {
    await kept.value(keptNameOf(lostFolder, endpointId)).remove();
  }

  /** Up to this position of the log nothing is sent any more. */
  get through(): number {
    return this.#through;
  }

  /** The number of events lost so far, as far as they could be counted. */
  get events(): number {
    return this.#events;
  }

  /** Not told yet, or not for sure. */
  get pending(): readonly EventsLost[] {
    return [...this.#pending.values()];
  }

  /** Durable when it resolves. Fails with `log_unavailable`, and then nothing is changed. */
  add(through: number, events: number, pending: readonly EventsLost[]): Promise<void> {
    return this.#turn.take(async () => {
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
    await this.#turn.ended();
  }

  async #writeTold(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    try {
      await this.#turn.take(() =>
        this.#write({ through: this.#through, events: this.#events, pending: this.pending }),
      );
    } catch (cause) {
      this.#logger.warn('What an endpoint was told it lost cannot be noted; it may be told again.', {
        cause: String(cause),
      });
    }
  }

  async #write(lost: Lost): Promise<void> {
    let revision: Revision | undefined;
    try {
      revision = await this.#kept.compareAndSet(this.#revision, lost);
    } catch (cause) {
      throw new HousecountError('log_unavailable', 'What an endpoint lost cannot be noted.', { cause });
    }
    if (revision === undefined)
      throw new HousecountError('log_unavailable', 'Somebody else notes what the endpoint lost.');
    this.#revision = revision;
  }
}

const byId = (pending: readonly EventsLost[]) => new Map(pending.map((lost) => [eventsLostIdOf(lost), lost]));

function isLost(value: unknown): value is Lost {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.through) &&
    Number.isSafeInteger(value.events) &&
    Array.isArray(value.pending) &&
    value.pending.every((one) => isObject(one) && one.type === 'events-lost' && typeof one.app === 'string')
  );
}
