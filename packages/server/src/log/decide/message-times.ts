/**
 * The times that messages are kept under. Within one conversation they only grow, whatever the clock does, so that a time
 * names one message. Only conversations whose newest time is not in the past yet are remembered one by one.
 */
export class MessageTimes {
  readonly #base: MessageTimes | undefined;
  readonly #newest = new Map<string, number>();
  /** No conversation that is forgotten has a time after this. */
  #floorMs: number;

  /** Makes the times; with a base, a draft that reads through to it until `commit`. */
  constructor(base?: MessageTimes) {
    this.#base = base;
    this.#floorMs = base?.floorMs ?? 0;
  }

  get floorMs(): number {
    return this.#floorMs;
  }

  /** The time of the next message: now, or the first that none has had. */
  next(conversation: string, nowMs: number): number {
    return Math.max(nowMs, this.#newestOf(conversation) + 1);
  }

  /** A message of this time is kept. */
  note(conversation: string, atMs: number): void {
    this.#newest.set(conversation, Math.max(atMs, this.#newest.get(conversation) ?? 0));
    if (this.#newest.size > rememberedMax && this.#base === undefined) this.#forget(atMs);
  }

  /** Nothing that is known so far is after this. */
  raise(floorMs: number): void {
    this.#floorMs = Math.max(this.#floorMs, floorMs);
  }

  commit(): void {
    for (const [conversation, atMs] of this.#newest) this.#base?.note(conversation, atMs);
    this.#newest.clear();
  }

  #newestOf(conversation: string): number {
    const newest = this.#newest.get(conversation);
    if (newest !== undefined) return newest;
    return this.#base ? this.#base.#newestOf(conversation) : this.#floorMs;
  }

  /** Times in the past need no place; if all were in the future, the newest would stand for them. */
  #forget(nowMs: number): void {
    for (const [conversation, atMs] of this.#newest)
      if (atMs < nowMs) {
        this.#newest.delete(conversation);
        this.raise(atMs);
      }
    if (this.#newest.size <= rememberedMax) return;
    for (const atMs of this.#newest.values()) this.raise(atMs);
    this.#newest.clear();
  }
}

/** Conversations remembered one by one. */
const rememberedMax = 10_000;
