/** Turns 16-bit sequence numbers into ones that never wrap: a step of up to half the circle is forward or back. */
export class SequenceUnwrapper {
  #highest = -1;

  /** The unwrapped number; at least 0, and equal to `sequence` modulo 65,536. */
  unwrap(sequence: number): number {
    if (this.#highest < 0) {
      // One circle of room, so that packets older than the first stay above zero.
      this.#highest = 0x10000 + sequence;
      return this.#highest;
    }
    const step = (((sequence - this.#highest) & 0xffff) ^ 0x8000) - 0x8000;
    const unwrapped = this.#highest + step;
    if (unwrapped > this.#highest) this.#highest = unwrapped;
    return unwrapped;
  }

  reset(): void {
    this.#highest = -1;
  }
}
