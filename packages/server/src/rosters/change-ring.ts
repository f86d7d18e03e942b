export interface ChangeRingOptions<Change> {
  /** Keeps `max` to 2 × `max` of what `weightOf` adds up to. */
  readonly max: number;
  /** The weight of a change against the ring's limit; 1 unless given. */
  readonly weightOf?: (change: Change) => number;
  /** Hears how much more, or less, is held. */
  readonly onSize: (delta: number) => void;
  /** Every change after this is going to be pushed, so that who knows this much lacks nothing else. */
  readonly begins?: { readonly sid: string; readonly seq: number };
}

/** The newest changes of one roster, dense, for readers that come back with a cursor. */
export class ChangeRing<Change extends { readonly seq: number }> {
  readonly #options: ChangeRingOptions<Change>;
  #sid: string | undefined;
  /** The first seq of the sid that came by. Who knows it read from here; who knows only earlier ones may have missed more than changes. */
  #origin: number;
  #changes: Change[] = [];
  #weight = 0;

  constructor(options: ChangeRingOptions<Change>) {
    this.#options = options;
    this.#sid = options.begins?.sid;
    this.#origin = options.begins?.seq ?? 0;
  }

  push(sid: string, change: Change): void {
    if (sid !== this.#sid) {
      this.clear();
      this.#sid = sid;
      this.#origin = change.seq;
    }
    this.#changes.push(change);
    this.#grow(this.#weightOf(change));
    const { max } = this.#options;
    if (this.#weight > 2 * max) this.shed(max);
  }

  /** Keeps only the newest, of at most this weight. */
  shed(max: number): void {
    let weight = this.#weight;
    let surplus = 0;
    for (const change of this.#changes) {
      if (weight <= max) break;
      weight -= this.#weightOf(change);
      surplus++;
    }
    if (surplus === 0) return;
    this.#changes = this.#changes.slice(surplus);
    this.#grow(weight - this.#weight);
  }

  clear(): void {
    this.#grow(-this.#weight);
    this.#changes = [];
    this.#sid = undefined;
  }

  /** Every change after `seq` that has come so far, or undefined if a reader that knows `seq` may lack others. */
  after(sid: string, seq: number): readonly Change[] | undefined {
    const first = this.#changes[0];
    if (sid !== this.#sid || seq < this.#origin || !first || seq + 1 < first.seq) return undefined;
    return this.#changes.slice(seq + 1 - first.seq);
  }

  #weightOf(change: Change): number {
    return this.#options.weightOf?.(change) ?? 1;
  }

  #grow(by: number): void {
    this.#weight += by;
    this.#options.onSize(by);
  }
}
