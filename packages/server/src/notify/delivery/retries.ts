import type { Clock } from '../../clock.ts';
import type { Delivery } from '../queue/delivery.ts';

/** A delivery whose own attempt is nearer than this, milliseconds, is not probed with before. Chosen. */
const soonMs = 1_000;

/** A delivery that was tried before and may go now. */
export interface Retry {
  readonly delivery: Delivery;
  /** It goes out of its turn, which does not count in its plan, and waits until then as before if it fails. */
  readonly dueMs?: number;
}

interface Waiting {
  readonly dueMs: number;
  readonly cancel: () => void;
}

/** Deliveries between two attempts: those that wait for their time, and those whose time has come. */
export class Retries {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  readonly #due: Retry[] = [];
  /** The one that waits longest first. */
  readonly #waiting = new Map<Delivery, Waiting>();

  /** `onDue`: the time of one has come. */
  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** It may go again after `afterMs`; after 0 as soon as somebody asks. */
  add(delivery: Delivery, afterMs: number): void {
    if (afterMs === 0) {
      this.#due.push({ delivery });
      return;
    }
    const cancel = this.#clock.after(afterMs, () => {
      this.#waiting.delete(delivery);
      this.#due.push({ delivery });
      this.#onDue();
    });
    this.#waiting.set(delivery, { dueMs: this.#clock.steadyMs() + afterMs, cancel });
  }

  /** The next one whose time has come. */
  next(): Retry | undefined {
    return this.#due.shift();
  }

  /** The one that waits longest, before its time; undefined if its own attempt is as good, and does not take a request apart. */
  early(): Required<Retry> | undefined {
    const next = this.#waiting.entries().next();
    if (next.done) return undefined;
    const [delivery, { dueMs, cancel }] = next.value;
    if (dueMs - this.#clock.steadyMs() <= soonMs) return undefined;
    cancel();
    this.#waiting.delete(delivery);
    return { delivery, dueMs };
  }

  /** All may go now, out of their turn. */
  hurry(): void {
    for (const [delivery, { dueMs, cancel }] of this.#waiting) {
      cancel();
      this.#due.push({ delivery, dueMs });
    }
    this.#waiting.clear();
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
  }
}
