/** Counts the sockets that are told what is published on each topic of the bus. */
export class Audiences {
  readonly #sizes = new Map<string, number>();

  sizeOf(topic: string): number {
    return this.#sizes.get(topic) ?? 0;
  }

  /** One more; the returned function takes it back, once. */
  enter(topic: string): () => void {
    this.#sizes.set(topic, this.sizeOf(topic) + 1);
    return () => {
      const left = this.sizeOf(topic) - 1;
      if (left > 0) this.#sizes.set(topic, left);
      else this.#sizes.delete(topic);
    };
  }
}
