/** Work that must not overlap: each piece begins when the one before it has ended, however that ended. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when its turn comes. Whoever asked is told of a failure; the next one's turn comes all the same. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Resolves when everything that has a turn by now has ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
