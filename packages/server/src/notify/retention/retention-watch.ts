import { type ChannelEvent, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { KeptCursor } from '../progress/cursor-store.ts';
import type { SetAside } from '../set-aside/set-aside.ts';
import { setAside, type Wanted } from '../set-aside/setting-aside.ts';
import type { EndpointSlot } from '../slot/endpoint-slot.ts';
import { LostTally } from './lost-tally.ts';
import { type Beyond, eachBeyond, isBeyond, passed, type Retention } from './retention.ts';

export interface RetentionWatchParts {
  readonly log: Feed & Pick<LogRetention, 'beyond' | 'hold'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Retention;
  readonly slots: () => Iterable<EndpointSlot>;
  /** Nobody else changes them. */
  readonly asides: Iterable<readonly [app: string, aside: SetAside]>;
  /** Would the endpoint be sent this event? */
  readonly isFor: (endpoint: Endpoint, event: ChannelEvent) => boolean;
  /** Runs when no other change of an endpoint is under way; rejects at the stop. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  /** The endpoint's cursor moved. */
  readonly onMoved: (endpointId: string) => void;
}

/**
 * Looks after what waits for endpoints. What the log is about to give away because of its bytes is set aside, by app, so
 * that no app pushes out another's. What has waited longer than retention allows, or is more than its app's share, is let
 * go: it notes which events those are, moves the cursor past them, and leaves it to the endpoint's runner to tell.
 */
export class RetentionWatch {
  readonly #parts: RetentionWatchParts;
  readonly #stopping = new AbortController();
  #cancel: () => void;
  #checking: Promise<void> = Promise.resolve();
  /** Where all endpoints of an app stood at the check before. */
  #finishedTo = new Map<string, number>();

  constructor(parts: RetentionWatchParts) {
    this.#parts = parts;
    // Also at the start: it may have been down for long.
    this.#cancel = this.#after(0);
  }

  /** Resolves when it writes no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#checking;
  }

  #after(ms: number): () => void {
    return this.#parts.clock.after(ms, () => {
      this.#checking = this.#check();
    });
  }

  async #check(): Promise<void> {
    const { clock, retention, log, logger, slots } = this.#parts;
    const { signal } = this.#stopping;
    const position = log.beyond(retention.bytes);
    const beforeMs = clock.nowMs() - retention.ms;
    // Without room beside the log, all that the log gives away is lost.
    const beyond = { beforeMs, position: retention.bytesPerApp === 0 ? position : 0 };
    for (const slot of [...slots()]) await this.#letGoBeyond(slot, beyond);
    try {
      await this.#setAside(position);
      await this.#dropFinished();
    } catch (cause) {
      if (signal.aborted) return;
      // The log keeps what waits until then, however long it grows.
      logger.error('What waits for endpoints cannot be set aside; trying again later.', {
        cause: String(cause),
      });
    }
    if (!signal.aborted) this.#cancel = this.#after(retention.checkMs);
  }

  /** Sets aside what is to leave the log up to `to`; what is then more than an app's share is let go. */
  async #setAside(to: number): Promise<void> {
    const { log, retention } = this.#parts;
    const { signal } = this.#stopping;
    const shareBytes = retention.bytesPerApp;
    let before = -1;
    while (!signal.aborted) {
      await this.#dropBeyondShare();
      if (shareBytes === 0) return;
      const wanted = this.#wanted(to);
      if (wanted.size === 0) return;
      const after = Math.min(...[...wanted.values()].map((one) => one.after));
      // A mistake must not become a loop without an end.
      if (after <= before) throw new Error(`nothing was set aside after ${after}`);
      before = after;
      const release = log.hold(() => after);
      try {
        await setAside({ log, wanted, to, shareBytes, signal });
      } finally {
        release();
      }
    }
  }

  /** By app, what its endpoints have not finished and the log alone has. */
  #wanted(to: number): ReadonlyMap<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const slot of this.#parts.slots()) {
      const { heldAfter, aside } = slot;
      if (heldAfter >= to) continue;
      const { app } = slot.endpoint;
      const { after } = wanted.get(app) ?? { after: heldAfter };
      wanted.set(app, { aside, after: Math.min(after, heldAfter) });
    }
    return wanted;
  }

  /** Lets go of each app's oldest until the rest is within its share. */
  async #dropBeyondShare(): Promise<void> {
    const { asides, retention } = this.#parts;
    for (const [app, aside] of asides) {
      const position = aside.beyond(retention.bytesPerApp);
      if (position === 0) continue;
      for (const slot of this.#slotsOf(app)) await this.#letGoBeyond(slot, { beforeMs: 0, position });
      if (this.#finished(app) < position)
        throw new HousecountError('log_unavailable', "What is more than an app's share cannot be let go.");
      await aside.removeTo(position);
    }
  }

  /** What all endpoints had finished at the last check: by now their cursors are surely on the disk. */
  async #dropFinished(): Promise<void> {
    const before = this.#finishedTo;
    this.#finishedTo = new Map();
    for (const [app, aside] of this.#parts.asides) {
      const finishedTo = this.#finished(app);
      this.#finishedTo.set(app, finishedTo);
      await aside.removeTo(Math.min(finishedTo, before.get(app) ?? 0));
    }
  }

  #slotsOf(app: string): EndpointSlot[] {
    return [...this.#parts.slots()].filter(({ endpoint }) => endpoint.app === app);
  }

  /** All endpoints of an app have finished what lies up to here. */
  #finished(app: string): number {
    return Math.min(...this.#slotsOf(app).map(({ finishedTo }) => finishedTo));
  }

  async #letGoBeyond(slot: EndpointSlot, beyond: Beyond): Promise<void> {
    const { logger, inTurn } = this.#parts;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    try {
      if (await isBeyond(slot.log, slot.cursor(), beyond, signal))
        await inTurn(() => this.#letGo(slot, beyond));
    } catch (cause) {
      if (signal.aborted) return;
      logger.error('What waited too long for an endpoint cannot be let go; trying again later.', {
        endpoint: slot.endpoint.id,
        cause: String(cause),
      });
    }
  }

  async #letGo(slot: EndpointSlot, beyond: Beyond): Promise<void> {
    const { clock, logger, slots, isFor, onMoved } = this.#parts;
    const { endpoint } = slot;
    if (![...slots()].includes(slot)) return;
    await slot.still(async (cursor) => {
      const tally = new LostTally(endpoint.app, slot.lost.pending, clock.nowMs());
      const through = await eachBeyond(
        slot.log,
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
 * An endpoint whose cursor lies before the oldest record that is kept: it was out of the configuration while the log went
 * on, or what was set aside for it is damaged. Which events those were nobody knows here any more; it is told until when.
 */
export async function noteMissing(
  slot: EndpointSlot,
  { log, clock, logger }: { log: Pick<LogRetention, 'firstPosition'>; clock: Clock; logger: Logger },
): Promise<void> {
  const through = slot.aside.keptAfter(log.firstPosition);
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
