interface Timer {
  readonly atMs: number;
  readonly act: () => void;
}

/** For tests: time that moves when told. */
export class FakeTime {
  readonly #timers = new Set<Timer>();
  #passedMs = 0;

  /** Milliseconds that have passed. */
  readonly passedMs = (): number => this.#passedMs;

  readonly after = (ms: number, act: () => void): (() => void) => {
    const timer = { atMs: this.#passedMs + ms, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets all happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  }

  /** Moves time, and what is due happens in its order. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#passedMs + ms;
    await this.settle();
    for (;;) {
      const due = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (!due || due.atMs > untilMs) break;
      this.#timers.delete(due);
      this.#moveTo(due.atMs);
      due.act();
      await this.settle();
    }
    this.#moveTo(untilMs);
    await this.settle();
  }

  /**
   * Moves time in one jump, as for a page that stood still: what became due meanwhile happens late, and only after it, by `arrive`, what
   * has come in.
   */
  async jump(ms: number, arrive: () => void = () => undefined): Promise<void> {
    await this.settle();
    this.#moveTo(this.#passedMs + ms);
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.#passedMs);
    for (const timer of due.sort((a, b) => a.atMs - b.atMs)) {
      if (!this.#timers.delete(timer)) continue;
      timer.act();
      await this.settle();
    }
    arrive();
    await this.settle();
  }

  /** Called with the milliseconds by which time moves. */
  protected moved(_byMs: number): void {}

  #moveTo(passedMs: number): void {
    const byMs = Math.max(0, passedMs - this.#passedMs);
    this.#passedMs += byMs;
    this.moved(byMs);
  }
}
