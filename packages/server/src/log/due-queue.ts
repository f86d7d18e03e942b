/**
 * Which channel is due next. A binary heap with lazy deletion: a channel may stand in it several times, and only the
 * newest time told counts.
 */
export class DueQueue {
  readonly #heap: { readonly key: string; readonly dueMs: number }[] = [];
  readonly #current = new Map<string, number>();

  /** The channel is due at `dueMs`, or not at all. */
  set(key: string, dueMs: number | undefined): void {
    if (dueMs === undefined) {
      this.#current.delete(key);
      return;
    }
    if (this.#current.get(key) === dueMs) return;
    this.#current.set(key, dueMs);
    this.#push({ key, dueMs });
  }

  /** When the next one is due, epoch milliseconds. */
  nextMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.dueMs;
  }

  /** Takes out the keys that are due at `nowMs`. */
  take(nowMs: number): string[] {
    const keys: string[] = [];
    for (this.#dropStale(); this.#heap[0] && this.#heap[0].dueMs <= nowMs; this.#dropStale()) {
      const { key } = this.#heap[0];
      this.#current.delete(key);
      this.#pop();
      keys.push(key);
    }
    return keys;
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top && this.#current.get(top.key) !== top.dueMs; top = this.#heap[0])
      this.#pop();
  }

  #push(entry: { key: string; dueMs: number }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || above.dueMs <= entry.dueMs) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const leftEntry = heap[left];
      if (!leftEntry) break;
      const rightEntry = heap[left + 1];
      const child = rightEntry && rightEntry.dueMs < leftEntry.dueMs ? left + 1 : left;
      const childEntry = heap[child];
      if (!childEntry || childEntry.dueMs >= last.dueMs) break;
      heap[index] = childEntry;
      index = child;
    }
    heap[index] = last;
  }
}
