import type { SessionReport, SessionSeconds } from '../contract.ts';
import { mediaLimits } from '../limits.ts';
import { CarriedSeconds, type SecondsRow } from './streams/carried-seconds.ts';

interface Counted {
  readonly id: string;
  readonly seconds: CarriedSeconds;
}

type Told = Extract<SessionReport, { type: 'seconds' }>;

/** Tells the seconds of all sessions together, each `secondsToldMs`, and what ended sessions still had with the next tick. */
export class SecondsTeller {
  readonly #row: SecondsRow;
  readonly #report: (report: Told) => void;
  /** Sessions that ended in the present row. */
  #ended: SessionSeconds[] = [];

  constructor(nowMs: number, report: (report: Told) => void) {
    this.#row = { first: secondOf(nowMs) };
    this.#report = report;
  }

  /** The seconds of a session that begins now. */
  begin(): CarriedSeconds {
    return new CarriedSeconds(this.#row);
  }

  /** Tells what is due: those that ended at once, the others when the row is full, but for the second that still runs. */
  tick(sessions: Iterable<Counted>, nowMs: number): void {
    if (!this.#isFull(nowMs)) {
      if (this.#ended.length > 0) this.#tell([]);
      return;
    }
    const second = secondOf(nowMs);
    const count = second - this.#row.first;
    const told: SessionSeconds[] = [];
    for (const { id, seconds } of sessions) {
      const bits = seconds.take(count);
      if (bits !== 0) told.push({ session: id, bits });
    }
    this.#tell(told);
    this.#row.first = second;
  }

  /** A session ended, which `sessions` has no more: its last seconds wait for the next tick, in the row that others go on with. */
  ended({ id, seconds }: Counted, sessions: Iterable<Counted>, nowMs: number): void {
    const before = this.#row.first;
    // A second must not stand in two rows, or it would be two of a viewer that has more sessions.
    if (this.#isFull(nowMs)) {
      const count = secondOf(nowMs) - before;
      const bits = seconds.take(count);
      if (bits !== 0) this.#ended.push({ session: id, bits });
      this.tick(sessions, nowMs);
    }
    this.#ended.push({ session: id, bits: seconds.bits, isLast: true });
  }

  #isFull(nowMs: number): boolean {
    return (secondOf(nowMs) - this.#row.first) * 1000 >= mediaLimits.secondsToldMs;
  }

  #tell(told: readonly SessionSeconds[]): void {
    const sessions = [...this.#ended, ...told];
    if (sessions.length === 0) return;
    this.#ended = [];
    this.#report({ type: 'seconds', first: this.#row.first, sessions });
  }
}

const secondOf = (nowMs: number): number => Math.floor(nowMs / 1000);
