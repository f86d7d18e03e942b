/**
 * Work in order within a lane, side by side between lanes. A lane exists only while it holds work, so there are never
 * more lanes than deliveries under way.
 */
export class Lanes<Item> {
  /** Behind the head of each lane; the head itself is under way. */
  readonly #behind = new Map<string, Item[]>();

  /** True if the lane was free: the item is its head and may go now. Otherwise it waits for its turn. */
  enter(lane: string, item: Item): boolean {
    const behind = this.#behind.get(lane);
    if (!behind) {
      this.#behind.set(lane, []);
      return true;
    }
    behind.push(item);
    return false;
  }

  /** The head of the lane is finished; the item that may go now, if there is one. */
  leave(lane: string): Item | undefined {
    const next = this.#behind.get(lane)?.shift();
    if (next === undefined) this.#behind.delete(lane);
    return next;
  }
}
