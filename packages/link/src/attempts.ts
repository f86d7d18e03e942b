/**
 * Numbers the attempts to take up again what the server keeps. One that is given up may arrive after the next: by its number the server
 * tells which is the newer.
 */
export class Attempts {
  /** The number of the last attempt; undefined: the server counts none. */
  #last: number | undefined;

  /** Goes on after the attempts of an earlier page. */
  constructor(last?: number) {
    this.#last = last;
  }

  /** The number of the last attempt, which the next one's exceeds; undefined if the server counts none. */
  get last(): number | undefined {
    return this.#last;
  }

  /** The part of a hello that numbers one more attempt. */
  next(): { readonly attempt?: number } {
    if (this.#last === undefined) return {};
    this.#last += 1;
    return { attempt: this.#last };
  }

  /** A welcome says the newest attempt that the server has taken, if it counts them. */
  welcomed({ attempt }: { readonly attempt?: number }): void {
    this.#last = attempt === undefined ? undefined : Math.max(attempt, this.#last ?? 0);
  }
}
