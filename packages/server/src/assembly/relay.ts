/**
 * Passes facts up from a part to others that are built after it, because they call it. Nothing happens before the others are
 * there: a part that is being built has nothing to tell.
 */
export class Relay<Fact extends readonly unknown[]> {
  readonly #listeners: ((...fact: Fact) => void)[] = [];

  listen(listener: (...fact: Fact) => void): void {
    this.#listeners.push(listener);
  }

  readonly tell = (...fact: Fact): void => {
    for (const listener of this.#listeners) listener(...fact);
  };
}
