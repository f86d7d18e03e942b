import type { Clock } from '../../clock.ts';

/** A gap up to this, milliseconds, is none: whoever was refused in it comes again within any lease. */
const gapMsMax = 2_000;
/** The time within which whoever was refused tries again, milliseconds: the longest wait of the SDKs. */
const nextTryMsMax = 5_000;

/** A gap that has lasted for a while. */
export interface LongGap {
  /** The time since its first append failed, milliseconds. */
  readonly blindMs: number;
  /** No lease and no lock ends before this, epoch milliseconds. */
  readonly endsFromMs: number;
}

/**
 * The time in which nothing can be recorded, from an append that fails until one succeeds: the disk is full, or takes nothing for
 * another reason. Whoever comes back meanwhile is refused, and time goes on; that is held against nobody. An append that only takes long
 * is no gap: what comes meanwhile waits, and is decided in order.
 */
export class WriteGap {
  readonly #clock: Pick<Clock, 'nowMs' | 'steadyMs'>;
  readonly #recoveryMs: number;
  #failed: { readonly sinceMs: number; readonly cause: string } | undefined;
  #endsFromMs = 0;

  /** `recoveryMs`: the time that members have to come back after a restart, milliseconds; after a gap they have no more. */
  constructor(clock: Pick<Clock, 'nowMs' | 'steadyMs'>, recoveryMs: number) {
    this.#clock = clock;
    this.#recoveryMs = recoveryMs;
  }

  /** Why the newest append failed; undefined once one has succeeded again. */
  get cause(): string | undefined {
    return this.#failed?.cause;
  }

  /** An append failed. True if the one before it did not. */
  failed(cause: unknown): boolean {
    if (this.#failed !== undefined) return false;
    this.#failed = { sinceMs: this.#clock.steadyMs(), cause: String(cause) };
    return true;
  }

  /** An append succeeded. Returns for how long none had, milliseconds; undefined: the one before it did. */
  ended(): number | undefined {
    if (this.#failed === undefined) return undefined;
    const lastedMs = this.#clock.steadyMs() - this.#failed.sinceMs;
    this.#failed = undefined;
    return lastedMs;
  }

  /** The gap that an append decided now makes up for if it succeeds; undefined: there is none, or a short one. */
  long(): LongGap | undefined {
    if (this.#failed === undefined) return undefined;
    const blindMs = this.#clock.steadyMs() - this.#failed.sinceMs;
    if (blindMs <= gapMsMax) return undefined;
    this.#endsFromMs = this.#clock.nowMs() + Math.min(this.#recoveryMs, blindMs + nextTryMsMax);
    return { blindMs, endsFromMs: this.#endsFromMs };
  }

  /** The time before which, after a gap, nothing ends of which is told only now, epoch milliseconds; undefined: it is past. */
  get endsFromMs(): number | undefined {
    return this.#endsFromMs > this.#clock.nowMs() ? this.#endsFromMs : undefined;
  }
}
