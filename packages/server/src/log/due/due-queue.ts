import type { ChannelKey } from '../../channel/channel.ts';
import { ChannelMap } from '../../channel/channel-map.ts';

interface Due {
  readonly key: ChannelKey;
  readonly dueMs: number;
}

/** Entries that may be stale before the heap is made anew. Chosen: few enough to be nothing, many enough to be rare. */
const staleMin = 256;

/**
 * A queue that tells which channel is due next. A binary heap with lazy deletion: a channel may stand in it several times, and only the
 * newest time told counts. A stale entry far in the future would stay until then: when such entries are most of the heap, they go.
 */
export class DueQueue {
  #heap: Due[] = [];
  /** The newest of each channel. */
  readonly #current = new ChannelMap<Due>();
  #channels = 0;

  /** The number of entries, stale ones too. */
  get entries(): number {
    return this.#heap.length;
  }

  /** The channel is due at `dueMs`, or not at all. */
  set(key: ChannelKey, dueMs: number | undefined): void {
    if (dueMs === undefined) {
      this.#forget(key);
      return;
    }
    const known = this.#current.get(key);
    if (known?.dueMs === dueMs) return;
    if (!known) this.#channels += 1;
    const entry = { key, dueMs };
    this.#current.set(key, entry);
    this.#push(entry);
    if (this.#heap.length > 2 * this.#channels + staleMin) this.#dropAllStale();
  }

  /** When the next one is due, epoch milliseconds. */
  nextMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.dueMs;
  }

  /** Takes out the keys that are due at `nowMs`, as long as `isMore` says so of those that it has taken. */
  take(nowMs: number, isMore: (taken: ChannelKey) => boolean = () => true): ChannelKey[] {
    const keys: ChannelKey[] = [];
    for (this.#dropStale(); this.#heap[0] && this.#heap[0].dueMs <= nowMs; this.#dropStale()) {
      const { key } = this.#heap[0];
      this.#forget(key);
      this.#pop();
      keys.push(key);
      if (!isMore(key)) break;
    }
    return keys;
  }

  /** When a channel is due, epoch milliseconds; undefined: not at all. */
  dueMs(key: ChannelKey): number | undefined {
    return this.#current.get(key)?.dueMs;
  }

  /** The keys that are due by `nowMs`, in no order. Costs as much as there are entries. */
  *dueBy(nowMs: number): IterableIterator<ChannelKey> {
    for (const { key, dueMs } of this.#current.values()) if (dueMs <= nowMs) yield key;
  }

  #forget(key: ChannelKey): void {
    if (this.#current.delete(key)) this.#channels -= 1;
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top && this.#current.get(top.key) !== top; top = this.#heap[0]) this.#pop();
  }

  /** Costs no more than what was pushed since the last time. */
  #dropAllStale(): void {
    this.#heap = [...this.#current.values()];
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  #push(entry: Due): void {
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
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  /** Moves the entry at `index` down to where it belongs. */
  #sink(index: number): void {
    const heap = this.#heap;
    const entry = heap[index];
    if (!entry) return;
    let at = index;
    for (;;) {
      const left = 2 * at + 1;
      const leftEntry = heap[left];
      if (!leftEntry) break;
      const rightEntry = heap[left + 1];
      const child = rightEntry && rightEntry.dueMs < leftEntry.dueMs ? left + 1 : left;
      const childEntry = heap[child];
      if (!childEntry || childEntry.dueMs >= entry.dueMs) break;
      heap[at] = childEntry;
      at = child;
    }
    heap[at] = entry;
  }
}
