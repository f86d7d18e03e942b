/** The newest changes of one roster, dense, for readers that come back with a cursor. */
export class ChangeRing<Change extends { readonly seq: number }> {
  readonly #max: number;
  readonly #onSize: (delta: number) => void;
  #sid: string | undefined;
  /** The first seq of the sid that came by. Who knows it read from here; who knows only earlier ones may have missed more than changes. */
  #origin = 0;
  #changes: Change[] = [];

  /**
   * Keeps `max` to 2 × `max` changes. `onSize` hears how many more, or fewer, are held. `begins`: every change after this is going
   * to be pushed, so that who knows this much lacks nothing else.
   */
  constructor(
    max: number,
    onSize: (delta: number) => void,
    begins?: { readonly sid: string; readonly seq: number },
  ) {
    this.#max = max;
    this.#onSize = onSize;
    this.#sid = begins?.sid;
    this.#origin = begins?.seq ?? 0;
  }

  push(sid: string, change: Change): void {
    if (sid !== this.#sid) {
      this.clear();
      this.#sid = sid;
      this.#origin = change.seq;
    }
    this.#changes.push(change);
    this.#onSize(1);
    if (this.#changes.length > 2 * this.#max) this.shed(this.#max);
  }

  /** Keeps only the newest `count`. */
  shed(count: number): void {
    const surplus = this.#changes.length - count;
    if (surplus <= 0) return;
    this.#changes = this.#changes.slice(surplus);
    this.#onSize(-surplus);
  }

  clear(): void {
    this.#onSize(-this.#changes.length);
    this.#changes = [];
    this.#sid = undefined;
  }

  /** Every change after `seq` that has come so far, or undefined if a reader that knows `seq` may lack others. */
  after(sid: string, seq: number): readonly Change[] | undefined {
    const first = this.#changes[0];
    if (sid !== this.#sid || seq < this.#origin || !first || seq + 1 < first.seq) return undefined;
    return this.#changes.slice(seq + 1 - first.seq);
  }
}
