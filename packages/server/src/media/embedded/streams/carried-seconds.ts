/** The place of every session's seconds: bit i is second `first + i` of the process's clock. One object for all of a process. */
export interface SecondsRow {
  first: number;
}

/** Seconds that fit a row. Those of further ones are lost: what is counted is at most what was carried. */
const placesMax = 31;

/** The seconds in which a packet of a session was carried. A packet costs one comparison; a second that is new, a bit. */
export class CarriedSeconds {
  readonly #row: SecondsRow;
  #bits = 0;
  /** End of the second that is noted already, milliseconds. */
  #notedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(row: SecondsRow) {
    this.#row = row;
  }

  /** A packet was carried; `nowMs` never goes back. */
  carried(nowMs: number): void {
    if (nowMs >= this.#notedUntilMs) this.#note(Math.floor(nowMs / 1000));
  }

  /** All that is noted in the row as it is. */
  get bits(): number {
    return this.#bits;
  }

  /** Takes the first `seconds` of the row; what is noted after them is in the row that begins there. */
  take(seconds: number): number {
    const whole = seconds >= placesMax;
    const taken = whole ? this.#bits : this.#bits & ((1 << seconds) - 1);
    this.#bits = whole ? 0 : this.#bits >>> seconds;
    return taken;
  }

  #note(second: number): void {
    this.#notedUntilMs = (second + 1) * 1000;
    const place = second - this.#row.first;
    if (place < placesMax) this.#bits |= 1 << place;
  }
}
