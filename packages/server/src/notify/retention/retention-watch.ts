import { type ChannelEvent, HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { LimitsOf } from '../../limits.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogRetention } from '../../log/contract/retention.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { SetAside } from '../set-aside/set-aside.ts';
import { setAside, type Wanted } from '../set-aside/setting-aside.ts';
import { LostTally } from './lost-tally.ts';
import { noteLost } from './note-missing.ts';
import type { Place } from './place.ts';
import { type Beyond, eachBeyond, isBeyond, passed, type Retention } from './retention.ts';

export interface RetentionWatchParts {
  readonly log: Feed & Pick<LogRetention, 'beyond' | 'hold'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Retention;
  readonly places: Iterable<Place>;
  /** Nobody else changes them. */
  readonly asides: Iterable<readonly [app: string, aside: SetAside]>;
  /** Would the endpoint be sent this event? */
  readonly isFor: (endpoint: Endpoint, event: ChannelEvent) => boolean;
  /** Runs when no other change of an endpoint is under way; rejects at the stop. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  /** The endpoint's cursor moved. */
  readonly onMoved: (endpointId: string) => void;
  /** Default: those of limits.ts. */
  readonly limits?: LimitsOf<'lostLivesMax'>;
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
  /** The position up to which all endpoints of an app had finished at the check before. */
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
    const { clock, retention, log, logger, places } = this.#parts;
    const { signal } = this.#stopping;
    const position = await log.beyond(retention.bytes);
    const beforeMs = clock.nowMs() - retention.ms;
    // Without room beside the log, all that the log gives away is lost.
    const beyond = { beforeMs, position: retention.bytesPerApp === 0 ? position : 0 };
    for (const place of [...places]) await this.#letGoBeyond(place, beyond);
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

  /** For each app, the events that its endpoints have not finished and that the log alone has. */
  #wanted(to: number): ReadonlyMap<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const place of this.#parts.places) {
      const { heldAfter, aside } = place;
      if (heldAfter >= to) continue;
      const { app } = place.endpoint;
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
      for (const place of this.#placesOf(app)) await this.#letGoBeyond(place, { beforeMs: 0, position });
      if (this.#finished(app) < position)
        throw new HousecountError('log_unavailable', "What is more than an app's share cannot be let go.");
      await aside.removeTo(position);
    }
  }

  /** Drops the events that all endpoints had finished at the last check: by now their cursors are surely on the disk. */
  async #dropFinished(): Promise<void> {
    const before = this.#finishedTo;
    this.#finishedTo = new Map();
    for (const [app, aside] of this.#parts.asides) {
      const finishedTo = this.#finished(app);
      this.#finishedTo.set(app, finishedTo);
      await aside.removeTo(Math.min(finishedTo, before.get(app) ?? 0));
    }
  }

  #placesOf(app: string): Place[] {
    return [...this.#parts.places].filter(({ endpoint }) => endpoint.app === app);
  }

  /** All endpoints of an app have finished what lies up to here. */
  #finished(app: string): number {
    return Math.min(...this.#placesOf(app).map(({ finishedTo }) => finishedTo));
  }

  async #letGoBeyond(place: Place, beyond: Beyond): Promise<void> {
    const { logger, inTurn } = this.#parts;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    try {
      if (await isBeyond(place.log, place.cursor(), beyond, signal))
        await inTurn(() => this.#letGo(place, beyond));
    } catch (cause) {
      if (signal.aborted) return;
      logger.error('What waited too long for an endpoint cannot be let go; trying again later.', {
        endpoint: place.endpoint.id,
        cause: String(cause),
      });
    }
  }

  async #letGo(place: Place, beyond: Beyond): Promise<void> {
    const { clock, logger, places, isFor, onMoved, limits } = this.#parts;
    const { endpoint } = place;
    if (![...places].includes(place)) return;
    await place.still(async (cursor) => {
      const tally = new LostTally(endpoint.app, place.lost.pending, clock.nowMs(), limits?.lostLivesMax);
      const through = await eachBeyond(
        place.log,
        cursor,
        beyond,
        (event) => {
          if (isFor(endpoint, event)) tally.add(event);
        },
        this.#stopping.signal,
      );
      if (tally.events > 0) {
        await noteLost(place, through, tally);
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
