/** Lets callers wait until nothing is left to be delivered. */
export class IdleWaiters {
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** Resolves once `isIdle` is true, which is asked at each wake; or at the end. */
  async wait(isIdle: () => boolean): Promise<void> {
    while (!this.#ended && !isIdle()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Something moved. */
  wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Nobody waits any more, and nobody will. */
  end(): void {
    this.#ended = true;
    this.wake();
  }
}
