import { eventsLostType } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import type { GivenUp } from '../progress/given-up-journal.ts';
import type { Delivery } from '../queue/delivery.ts';
import type { SendOutcome } from '../send/transport.ts';
import { describeOutcome } from './retry-plan.ts';

/** Time before a given-up notice is written again, milliseconds … Chosen. */
const faultPauseMs = 1_000;
/** … and so many times in a row; then the receiver is asked again: 5 min, in which either may be mended. Chosen. */
const keepTriesMax = 300;

export interface GiveUpParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Durable when `append` resolves. */
  readonly journal: { append(entries: readonly GivenUp[]): Promise<void> };
}

/** Puts what is given up where it is kept: a delivery is not finished before that. */
export class GiveUp {
  readonly #parts: GiveUpParts;
  /** Notices that were given up and cannot be kept. */
  readonly #unkept = new Set<Delivery>();

  constructor(parts: GiveUpParts) {
    this.#parts = parts;
  }

  /** Something that was given up cannot be kept. */
  get failing(): boolean {
    return this.#unkept.size > 0;
  }

  /** True when its notices are on disk as given up. False if they cannot be kept, or the signal aborts: it stays open. */
  async keep(delivery: Delivery, outcome: SendOutcome, signal: AbortSignal): Promise<boolean> {
    const { clock, journal, logger } = this.#parts;
    const { notices, attempts } = delivery;
    const error = describeOutcome(outcome);
    const atMs = clock.nowMs();
    const entries = notices.flatMap(({ position, event, text: { noticeId, eventType } }): GivenUp[] =>
      event.type === 'events-lost' || eventType === eventsLostType
        ? []
        : [{ position, noticeId, eventType, event, attempts, error, atMs }],
    );
    for (let tries = 0; tries < keepTriesMax && !signal.aborted; tries++) {
      try {
        await journal.append(entries);
        return true;
      } catch (cause) {
        if (this.#unkept.size === 0)
          logger.error('A given-up notice cannot be kept; trying again.', { cause: String(cause) });
        this.#unkept.add(delivery);
        await pause(clock, faultPauseMs, signal);
      }
    }
    return false;
  }

  /** The delivery is done with, one way or the other. */
  finished(delivery: Delivery): void {
    this.#unkept.delete(delivery);
  }
}
