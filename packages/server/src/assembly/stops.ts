type Stop = () => void | Promise<void>;

/** How to stop the parts that were started. */
export class Stops {
  readonly #stops: Stop[] = [];

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /**
   * In reverse: whoever was started last depends on those before. One that fails to stop does not keep the others from it.
   * Fails with an AggregateError of all that failed.
   */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Some parts did not stop as they should: ${failures.map(String).join('; ')}`,
      );
  }
}
