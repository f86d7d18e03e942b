import { fixed } from '../../fixed-limits.ts';
import type { Watched } from '../../log/contract/media-marks.ts';

/** A stay: one membership, from its join to its leave. */
export type Stay = Omit<Watched, 'watchedMs' | 'publishedMs'>;

/** What is counted of a stay: seconds in which it got media, or gave it. */
export type Side = 'watched' | 'published';

/** The seconds of a stay that are in no mark yet, and when the next one is due. Times are those of the clock that only runs. */
export class StaySeconds {
  readonly stay: Stay;
  /** Media sessions of the stay of which the engine has not said the last. */
  readonly sessions = new Set<string>();
  #row = -1;
  readonly #inRow = { watched: 0, published: 0 };
  readonly #unsaid = { watched: 0, published: 0 };
  /** When its first session began. */
  readonly #sinceMs: number;
  #markedMs: number | undefined;
  #leftMs: number | undefined;

  constructor(stay: Stay, nowMs: number) {
    this.stay = stay;
    this.#sinceMs = nowMs;
  }

  /** Adds the seconds of one session: those that another session of the stay had already count once. */
  add(side: Side, first: number, bits: number): void {
    if (first !== this.#row) this.#begin(first);
    this.#unsaid[side] += bitsIn(bits & ~this.#inRow[side]);
    this.#inRow[side] |= bits;
  }

  /** The engine is another: its seconds are in rows of its own, and the sessions of before say nothing more. */
  engineLost(): void {
    this.#begin(-1);
    this.sessions.clear();
  }

  left(nowMs: number): void {
    this.#leftMs ??= nowMs;
  }

  /** Is a mark due? The first at the end of its sessions says so even if no media came: that is known then. */
  isDue(nowMs: number): boolean {
    if (!this.hasUnsaid && (this.#markedMs !== undefined || this.sessions.size > 0)) return false;
    if (this.#leftMs !== undefined && nowMs - this.#leftMs >= fixed.watchedLastWordMs) return true;
    if (this.sessions.size === 0 && (this.#leftMs !== undefined || this.#markedMs === undefined)) return true;
    return nowMs - (this.#markedMs ?? this.#sinceMs) >= fixed.watchedMarkMs;
  }

  /** True if nothing will come of it any more, and a stay that goes on may have its next mark at once. */
  isOver(nowMs: number): boolean {
    if (this.sessions.size > 0 || this.hasUnsaid || this.#markedMs === undefined) return false;
    return this.#leftMs !== undefined || nowMs - this.#markedMs >= fixed.watchedMarkMs;
  }

  /** True of what a server that stops must say: seconds that no mark has, or that there were none, of a stay without any mark. */
  get hasLastWord(): boolean {
    return this.hasUnsaid || this.#markedMs === undefined;
  }

  get hasUnsaid(): boolean {
    return this.#unsaid.watched + this.#unsaid.published > 0;
  }

  /** Takes what is unsaid for a mark. */
  take(nowMs: number): Watched {
    const { watched, published } = this.#unsaid;
    this.#unsaid.watched = 0;
    this.#unsaid.published = 0;
    this.#markedMs = nowMs;
    return { ...this.stay, watchedMs: watched * 1000, publishedMs: published * 1000 };
  }

  /** The mark could not be recorded: its seconds wait for the next one. */
  putBack({ watchedMs, publishedMs }: Watched): void {
    this.#unsaid.watched += watchedMs / 1000;
    this.#unsaid.published += publishedMs / 1000;
    this.#markedMs = undefined;
  }

  #begin(row: number): void {
    this.#row = row;
    this.#inRow.watched = 0;
    this.#inRow.published = 0;
  }
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
