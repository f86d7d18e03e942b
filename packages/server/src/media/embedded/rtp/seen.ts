/** Tells packets that are new from those that came before: senders repeat themselves, to repair and to probe. */
export class Seen {
  readonly #sequences: Float64Array;
  #highest = -1;

  /** `size`: numbers that are remembered. */
  constructor(size: number) {
    this.#sequences = new Float64Array(size).fill(-1);
  }

  /** Notes an unwrapped number. False if it came before, or is too old to tell. */
  isNew(sequence: number): boolean {
    const { length } = this.#sequences;
    if (sequence <= this.#highest - length) return false;
    const slot = sequence % length;
    if (this.#sequences[slot] === sequence) return false;
    this.#sequences[slot] = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    return true;
  }

  reset(): void {
    this.#sequences.fill(-1);
    this.#highest = -1;
  }
}
