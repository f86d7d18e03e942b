import { type Clock, systemClock } from '../../src/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly process: SimProcessClock;
  isCancelled: boolean;
}

/** Time that moves only when told to. Timers of equal time run in the order they were set. */
export class SimClock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new Heap();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** The lead of the wall clock over time that only runs, milliseconds. Setting it is a step, for every process. */
  wallAheadMs = 0;

  /** A clock for one simulated process: its timers die with it. */
  process(): SimProcessClock {
    return new SimProcessClock(this);
  }

  /** Moves time forward, running what falls due and everything that follows from it. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let timer = this.#timers.take(untilMs); timer; timer = this.#timers.take(untilMs)) {
      if (!timer.process.alive) continue;
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Sets a timer; for SimProcessClock only. */
  set(process: SimProcessClock, delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const timer: Timer = { atMs, order: this.#order, run, process, isCancelled: false };
    this.#timers.add(timer);
    return () => {
      timer.isCancelled = true;
    };
  }
}

export class SimProcessClock implements Clock {
  alive = true;

  readonly #times: Clock;

  constructor(readonly clock: SimClock) {
    // The real rules of how the log's time follows a wall clock that is set.
    this.#times = systemClock({
      steadyMs: () => clock.nowMs(),
      wallMs: () => clock.nowMs() + clock.wallAheadMs,
    });
  }

  nowMs(): number {
    return this.#times.nowMs();
  }

  steadyMs(): number {
    return this.#times.steadyMs();
  }

  wallMs(): number {
    return this.#times.wallMs();
  }

  notBefore(floorMs: number): void {
    this.#times.notBefore(floorMs);
  }

  after(delayMs: number, run: () => void): () => void {
    if (!this.alive) return () => undefined;
    return this.clock.set(this, delayMs, run);
  }

  /** Nothing that was waiting here runs any more. */
  kill(): void {
    this.alive = false;
  }
}

/**
 * Resolves when every promise that can go on without time passing has gone on: microtasks run to exhaustion before
 * the next turn of the event loop.
 */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A binary heap by time, then by order of setting. */
class Heap {
  readonly #items: Timer[] = [];

  add(timer: Timer): void {
    const items = this.#items;
    let at = items.length;
    items.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !before(timer, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = timer;
  }

  /** The earliest timer at or before `untilMs`, or undefined. */
  take(untilMs: number): Timer | undefined {
    for (;;) {
      const first = this.#items[0];
      if (first === undefined || first.atMs > untilMs) return undefined;
      this.#shift();
      if (!first.isCancelled) return first;
    }
  }

  #shift(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      if (right !== undefined && before(right, left)) child += 1;
      const smaller = items[child];
      if (smaller === undefined || !before(smaller, last)) break;
      items[at] = smaller;
      at = child;
    }
    items[at] = last;
  }
}

const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
