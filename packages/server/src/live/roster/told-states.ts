/**
 * What is told of members beside the sequence of changes, by uid: the newest value of each, collected until it is told, and kept with
 * the seq after which it was, for readers that come back. At most one per member.
 */
export class ToldStates<Value> {
  #pending = new Map<number, Value>();
  readonly #told = new Map<number, { readonly seq: number; readonly value: Value }>();

  /** The number of members of whom something is to be told. */
  get size(): number {
    return this.#pending.size;
  }

  set(uid: number, value: Value): void {
    this.#pending.set(uid, value);
  }

  /** The uid came or went: what was said of the stay before says nothing of it. */
  forget(uid: number): void {
    this.#pending.delete(uid);
    this.#told.delete(uid);
  }

  /** Takes what is to be told now, after the changes up to `seq`. */
  take(seq: number): ReadonlyMap<number, Value> {
    const taken = this.#pending;
    if (taken.size > 0) this.#pending = new Map();
    for (const [uid, value] of taken) this.#told.set(uid, { seq, value });
    return taken;
  }

  /** What was told since `seq`. */
  since(seq: number): ReadonlyMap<number, Value> {
    const values = new Map<number, Value>();
    for (const [uid, told] of this.#told) if (told.seq >= seq) values.set(uid, told.value);
    return values;
  }
}
