import type { FormedNotice } from './formed-notice.ts';

/** Newest notices of an app that its listeners share; who is further behind reads the log by itself. About 1 kB each. Chosen. */
export const ringNoticesMax = 4_096;
/** Notices handed to a listener at once: what a stream holds for a client that does not read. Chosen. */
export const ringBatchMax = 64;

/** Some notices of an app in a row, formed once, when the first listener comes to them. */
interface Batch {
  readonly number: number;
  /** Position of the last of them. */
  readonly through: number;
  readonly size: number;
  readonly notices: () => readonly FormedNotice[];
}

/** One step of a listener: notices (the same array for everybody), and where it then stands. */
export interface RingStep {
  readonly notices: readonly FormedNotice[];
  readonly next: RingPlace;
}

/** The place of a listener in the ring. */
export interface RingPlace {
  readonly position: number;
  /** Number of the next batch; undefined: not looked up yet. */
  readonly number: number | undefined;
}

/**
 * The newest notices of one app, shared by all who listen to it: formed and signed once, whoever and however many they
 * are, and by nobody if nobody comes. It holds no listener: a slow one finds its place gone and goes back to the log.
 */
export class NoticeRing {
  #batches: Batch[] = [];
  #size = 0;
  /** The ring has everything of the app after this position. */
  #start: number;
  #nextNumber = 0;
  #waiting = new Set<() => void>();

  constructor(start: number) {
    this.#start = start;
  }

  /** Takes the next notices of the app: `count` of them up to the position `through`, which `form` makes when asked. */
  push(through: number, count: number, form: () => readonly FormedNotice[]): void {
    let formed: readonly FormedNotice[] | undefined;
    const notices = () => {
      formed ??= form();
      return formed;
    };
    this.#batches.push({ number: this.#nextNumber, through, size: count, notices });
    this.#nextNumber += 1;
    this.#size += count;
    while (this.#size > ringNoticesMax) {
      const oldest = this.#batches.shift();
      if (!oldest) break;
      this.#size -= oldest.size;
      this.#start = oldest.through;
    }
  }

  /** Wakes those who wait: more has come, or their end. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Nothing after this position is missing here. */
  holds({ position }: RingPlace): boolean {
    return position >= this.#start;
  }

  /** The next notices after a place that the ring holds; undefined if there are none yet. */
  step({ position, number }: RingPlace): RingStep | undefined {
    const first = this.#batches[0]?.number ?? this.#nextNumber;
    const at = number === undefined ? this.#find(position) : number - first;
    const batch = this.#batches[at];
    if (!batch) return undefined;
    const all = batch.notices();
    // Only who comes into the ring in the middle of a batch has heard some of it.
    const notices =
      (all[0]?.position ?? 0) > position ? all : all.filter((notice) => notice.position > position);
    return { notices, next: { position: batch.through, number: batch.number + 1 } };
  }

  /** Resolves at the next wake, or when the signal aborts. */
  more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', done);
      this.#waiting.add(done);
    });
  }

  /** Index of the first batch with something after the position. */
  #find(position: number): number {
    const at = this.#batches.findIndex(({ through }) => through > position);
    return at < 0 ? this.#batches.length : at;
  }
}
