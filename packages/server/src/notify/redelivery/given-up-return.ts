import type { Clock } from '../../clock.ts';
import type { Placed } from '../../kept/contract.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import { laneOf } from '../notice/notice-event.ts';
import type { GivenUp, GivenUpJournal } from '../progress/given-up-journal.ts';
import type { Redelivered, RedeliveryEnd, RedeliveryRequest } from './redelivery.ts';

/**
 * Waits between passes that delivered nothing, milliseconds; the last one repeats. A pass that delivered something begins
 * anew. Chosen: a receiver that is restarted is back in the first minutes, and one hourly pass is no burden to the others.
 */
export const returnGapsMs: readonly number[] = [5_000, 15_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
/** Notices of one pass: what it keeps in memory. A pass that is full is followed by the next at once. Chosen. */
export const returnNoticesMax = 10_000;
/** Refused notices that are remembered for a round; then the next round begins. Chosen: a few megabytes. */
const triedMax = 100_000;
/** Entries looked at without a break; then others get their turn. */
const turnEvery = 500;

export interface ReturnParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly journal: Pick<GivenUpJournal, 'count' | 'placed' | 'remove'>;
  /** Notices that were given up longer ago than this, milliseconds, are left to people. */
  readonly ageMsMax: number;
  /** It may be sent to now: it is not switched off, paused, suspended or gone. */
  readonly isOpen: () => boolean;
  /** The notice was delivered since, by hand. */
  readonly isDelivered: (noticeId: string) => boolean;
  readonly redeliver: (request: Omit<RedeliveryRequest, 'endpointOf' | 'id'>) => Promise<RedeliveryEnd>;
}

/**
 * Brings an endpoint what it was given up on, once it answers again: passes of redelivery over its journal, from which
 * what was delivered is taken out. A pass begins when the endpoint accepts a notice after it had failed, and now and then
 * by itself, because where nothing happens nothing is accepted. Within a round each notice is tried once, one member's in
 * order, and behind one that is refused that member's others wait for the next round.
 */
export class GivenUpReturn {
  readonly #parts: ReturnParts;
  #stopped = false;
  /** Ends the pass under way. */
  #cut = new AbortController();
  /** Lanes in which a notice was refused in this round. */
  #blocked = new Set<string>();
  /** noticeIds of those that were refused in this round. */
  #tried = new Set<string>();
  #fruitless = 0;
  /** Something failed or was given up since the last pass began. */
  #hasFailed = true;
  #lastPassMs = Number.NEGATIVE_INFINITY;
  #passing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: ReturnParts) {
    this.#parts = parts;
    if (parts.journal.count > 0) this.#arm();
  }

  /** One of the endpoint's own attempts has ended. */
  attempted(isAccepted: boolean): void {
    if (!isAccepted) {
      this.#hasFailed = true;
      return;
    }
    const { clock, journal } = this.#parts;
    if (!this.#hasFailed || journal.count === 0) return;
    this.#hasFailed = false;
    this.#fruitless = 0;
    this.#arm(Math.max(0, this.#lastPassMs + (returnGapsMs[0] ?? 0) - clock.steadyMs()));
  }

  /** A notice is about to be given up. */
  wake(): void {
    if (!this.#cancelTimer) this.#arm();
  }

  /** Ends the pass under way; the next comes in its time. */
  async breakOff(): Promise<void> {
    this.#cut.abort();
    await this.#passing;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.breakOff();
  }

  #arm(delayMs = returnGapsMs[Math.min(this.#fruitless, returnGapsMs.length - 1)] ?? 0): void {
    this.#cancelTimer?.();
    if (this.#stopped) return;
    this.#cancelTimer = this.#parts.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#passing ??= this.#pass().finally(() => {
        this.#passing = undefined;
      });
    });
  }

  async #pass(): Promise<void> {
    const { clock, logger, journal, isOpen } = this.#parts;
    if (journal.count === 0) return;
    if (!isOpen()) {
      this.#fruitless += 1;
      return this.#arm();
    }
    this.#cut = new AbortController();
    const isNewRound = this.#tried.size === 0;
    this.#lastPassMs = clock.steadyMs();
    const round = await this.#sendOnce().catch((cause: unknown) => {
      logger.warn('What was given up cannot be delivered now; it is tried again.', { cause: String(cause) });
      return { offered: 1, sent: 0, isWhole: true };
    });
    if (round.sent > 0) logger.info('What was given up is delivered.', { notices: round.sent });
    this.#fruitless = round.sent > 0 ? 0 : this.#fruitless + 1;
    if (round.isWhole || this.#tried.size >= triedMax) {
      this.#tried = new Set();
      this.#blocked = new Set();
    }
    // Notices that are too old to be sent by themselves bring nothing more: they wait for people.
    const isIdle = isNewRound && round.offered === 0;
    if (journal.count > 0 && !isIdle && !this.#cancelTimer)
      this.#arm(round.isWhole || round.sent === 0 ? undefined : 0);
  }

  /** One pass. `offered`: to be sent; `sent`: delivered, of these. `isWhole`: the round is over. */
  async #sendOnce(): Promise<{ offered: number; sent: number; isWhole: boolean }> {
    const { journal, redeliver, isDelivered, clock, ageMsMax } = this.#parts;
    const settled = new Set<number>();
    /** After a crash one notice may stand there twice. */
    const endsOf = new Map<string, number[]>();
    const oldestMs = clock.nowMs() - ageMsMax;
    let isWhole = true;
    let sent = 0;
    const page: Placed<GivenUp>[] = [];
    let seen = 0;
    for await (const placed of journal.placed()) {
      seen += 1;
      if (seen % turnEvery === 0) await pause(clock, 0, this.#cut.signal);
      if (page.length >= returnNoticesMax) {
        isWhole = false;
        break;
      }
      const { entry, end } = placed;
      if (this.#tried.has(entry.noticeId) || this.#blocked.has(laneOf(entry.event))) continue;
      if (isDelivered(entry.noticeId)) settled.add(end);
      else if (endsOf.has(entry.noticeId)) endsOf.get(entry.noticeId)?.push(end);
      else if (entry.atMs >= oldestMs) {
        endsOf.set(entry.noticeId, [end]);
        page.push(placed);
      }
    }
    const ended = await redeliver({
      notices: inOrder(page.map(({ entry }) => entry)),
      signal: this.#cut.signal,
      blocked: this.#blocked,
      onOutcome: (delivered, noticeId) => {
        if (!delivered) {
          this.#tried.add(noticeId);
          return;
        }
        sent += 1;
        for (const end of endsOf.get(noticeId) ?? []) settled.add(end);
      },
    });
    if (settled.size > 0) await journal.remove(settled);
    return { offered: page.length, sent, isWhole: isWhole && ended === 'done' };
  }
}

async function* inOrder(entries: readonly GivenUp[]): AsyncIterable<Redelivered> {
  for (const { position, event } of entries.toSorted((a, b) => a.position - b.position))
    yield { position, event };
}
