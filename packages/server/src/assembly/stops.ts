type Stop = () => void | Promise<void>;

/** Stops the parts that were started. */
export class Stops {
  readonly #stops: Stop[] = [];

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  /**
   * Stops the parts in reverse: the last one depends on those before. A part that fails to stop does not keep the others from it.
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
