/** Ids that are remembered; beyond it the oldest are forgotten, and their DELETE answers 404. Chosen: some minutes of the busiest server. */
const endedMax = 10_000;

/** Sessions that ended without a DELETE: their client closed its transport, or the server did. A DELETE that comes after it is no error. */
export class EndedSessions {
  readonly #ids = new Set<string>();

  note(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= endedMax) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  /** True once for each. */
  take(id: string): boolean {
    return this.#ids.delete(id);
  }
}
