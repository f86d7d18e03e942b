/** An endpoint's progress: every position up to `through` is finished, but for those in `open`. */
export interface Cursor {
  readonly through: number;
  /** Ascending, each at or below `through`. */
  readonly open: readonly number[];
}

/**
 * The positions that an endpoint has taken from the log and not finished. It counts what is open rather than what is
 * done, so its size is that of the work under way, however far the log has moved past a delivery that waits.
 */
export class DeliveryWindow {
  #through: number;
  /** In ascending order: a set keeps the order of adding, and positions are added as the log is read. */
  readonly #open: Set<number>;

  constructor(cursor: Cursor) {
    this.#through = cursor.through;
    this.#open = new Set(cursor.open);
  }

  /** The position to read on from: a reader that starts after it misses nothing open. */
  get readAfter(): number {
    const first = this.#open.values().next();
    return first.done ? this.#through : first.value - 1;
  }

  get through(): number {
    return this.#through;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes a position as it is read; false if it was finished before the restart. */
  take(position: number): boolean {
    if (position <= this.#through) return this.#open.has(position);
    this.#through = position;
    this.#open.add(position);
    return true;
  }

  /** Passes a position that is not for this endpoint. */
  skip(position: number): void {
    if (position > this.#through) this.#through = position;
    else this.#open.delete(position);
  }

  finish(position: number): void {
    this.#open.delete(position);
  }

  cursor(): Cursor {
    return { through: this.#through, open: [...this.#open] };
  }
}
