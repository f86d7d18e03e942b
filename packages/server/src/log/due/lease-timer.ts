import type { ChannelKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import { DueQueue } from './due-queue.ts';

/** The longest wait, milliseconds, until it looks again how late it is: the clock may have been set meanwhile. */
const lookMsMax = 10_000;

export interface LeaseTimerOptions {
  readonly clock: Clock;
  /** How much work it is to look at this channel at `nowMs`, 1 or more. */
  readonly work: (key: ChannelKey, nowMs: number) => number;
  /** The work after which a turn ends. */
  readonly turnWorkMax: number;
  /** Looks at these channels; what is due meanwhile is of the next turn, which begins when this one is done. */
  readonly onDue: (keys: readonly ChannelKey[]) => Promise<void>;
}

/**
 * Calls for channels when time alone changes them: a lease, a token or a lock ends. One timer for all channels. Many that are due
 * at once are looked at in turns, so that whoever asks something meanwhile is behind one turn, not behind all.
 */
export class LeaseTimer {
  readonly #options: LeaseTimerOptions;
  readonly #queue = new DueQueue();
  #cancel: (() => void) | undefined;
  #atMs = Number.POSITIVE_INFINITY;
  #isTurn = false;
  #stopped = false;

  constructor(options: LeaseTimerOptions) {
    this.#options = options;
  }

  /**
   * Takes note of when these channels are due next (epoch milliseconds; undefined: not); what was noted
   * of them before is forgotten.
   */
  schedule(times: Iterable<readonly [key: ChannelKey, dueMs: number | undefined]>): void {
    for (const [key, dueMs] of times) this.#queue.set(key, dueMs);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #arm(): void {
    const { clock } = this.#options;
    const nextMs = this.#queue.nextMs();
    if (nextMs === undefined || this.#stopped || this.#isTurn || nextMs >= this.#atMs) return;
    this.#cancel?.();
    this.#atMs = nextMs;
    const waitMs = Math.min(lookMsMax, Math.max(0, nextMs - clock.nowMs()));
    this.#cancel = clock.after(waitMs, () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    const { clock, work, turnWorkMax, onDue } = this.#options;
    const nowMs = clock.nowMs();
    let worked = 0;
    const keys = this.#queue.take(nowMs, (key) => {
      worked += work(key, nowMs);
      return worked < turnWorkMax;
    });
    this.#isTurn = true;
    if (keys.length > 0) await onDue(keys);
    this.#isTurn = false;
    this.#arm();
  }
}
