import type { ChannelEvent } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/contract.ts';
import type { Logger } from '../observe/contract.ts';
import type { KeptCursor } from './cursor-store.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointSlot } from './endpoint-slot.ts';
import { LostTally } from './lost-tally.ts';
import { type Beyond, eachBeyond, isBeyond, passed, type Retention } from './retention.ts';

export interface RetentionWatchParts {
  readonly log: Pick<Log, 'follow' | 'lastPosition' | 'beyond'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Retention;
  readonly slots: () => Iterable<EndpointSlot>;
  /** Would the endpoint be sent this event? */
  readonly isFor: (endpoint: Endpoint, event: ChannelEvent) => boolean;
  /** Runs when no other change of an endpoint is under way; rejects at the stop. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  /** The endpoint's cursor moved. */
  readonly onMoved: (endpointId: string) => void;
}

/**
 * Lets go of what has waited for an endpoint longer, or further back in the log, than retention allows: notes which
 * events those are, moves the cursor past them, and leaves it to the endpoint's runner to tell.
 */
export class RetentionWatch {
  readonly #parts: RetentionWatchParts;
  readonly #stopping = new AbortController();
  #cancel: () => void;

  constructor(parts: RetentionWatchParts) {
    this.#parts = parts;
    // Also at the start: it may have been down for long.
    this.#cancel = parts.clock.after(0, () => void this.#check());
  }

  stop(): void {
    this.#stopping.abort();
    this.#cancel();
  }

  async #check(): Promise<void> {
    const { clock, retention, log, logger, slots, inTurn } = this.#parts;
    const { signal } = this.#stopping;
    const beyond = { beforeMs: clock.nowMs() - retention.ms, position: log.beyond(retention.bytes) };
    for (const slot of [...slots()]) {
      if (signal.aborted) return;
      try {
        if (await isBeyond(log, slot.cursor(), beyond, signal)) await inTurn(() => this.#letGo(slot, beyond));
      } catch (cause) {
        if (signal.aborted) return;
        logger.error('What waited too long for an endpoint cannot be let go; trying again later.', {
          endpoint: slot.endpoint.id,
          cause: String(cause),
        });
      }
    }
    if (!signal.aborted) this.#cancel = clock.after(retention.checkMs, () => void this.#check());
  }

  async #letGo(slot: EndpointSlot, beyond: Beyond): Promise<void> {
    const { log, clock, logger, slots, isFor, onMoved } = this.#parts;
    const { endpoint } = slot;
    if (![...slots()].includes(slot)) return;
    await slot.still(async (cursor) => {
      const tally = new LostTally(endpoint.app, slot.lost.pending, clock.nowMs());
      const through = await eachBeyond(
        log,
        cursor,
        beyond,
        (event) => {
          if (isFor(endpoint, event)) tally.add(event);
        },
        this.#stopping.signal,
      );
      if (tally.events > 0) {
        await note(slot, through, tally);
        logger.warn('Events waited too long for an endpoint and are lost to it; it will be told which.', {
          endpoint: endpoint.id,
          events: tally.events,
          through,
        });
      }
      return { ...passed(cursor, through), halt: cursor.halt };
    });
    onMoved(endpoint.id);
  }
}

/**
 * An endpoint whose cursor lies before the oldest record of the log: it was out of the configuration while the log went
 * on. Which events those were nobody knows here any more; it is told until when.
 */
export async function noteMissing(
  slot: EndpointSlot,
  { log, clock, logger }: { log: Pick<Log, 'firstPosition'>; clock: Clock; logger: Logger },
): Promise<void> {
  const through = log.firstPosition - 1;
  if (slot.finishedTo >= through) return;
  await slot.still(async (cursor: KeptCursor) => {
    const nowMs = clock.nowMs();
    const tally = new LostTally(slot.endpoint.app, slot.lost.pending, nowMs);
    tally.addUnknown(nowMs);
    await note(slot, through, tally);
    logger.warn('The log no longer has what the endpoint was not sent; it will be told so.', {
      from: slot.finishedTo,
      through,
    });
    return { ...passed(cursor, through), halt: cursor.halt };
  });
}

/** On disk before the cursor moves. */
async function note(slot: EndpointSlot, through: number, tally: LostTally): Promise<void> {
  await slot.lost.add(through, tally.events, tally.list());
}
