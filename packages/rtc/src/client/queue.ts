import { aborted } from '../errors.ts';

/** Operations waiting in one queue, at most; the next is rejected. Chosen: far above what a page does by hand. */
const operationsMax = 1000;

interface Operation {
  readonly run: () => void;
  readonly abort: AbortController;
  /** `abortAll` leaves it alone. */
  readonly isSpared: boolean;
}

/** Runs operations one after the other, in the order they were asked for. The first starts at once, in the same turn. */
export class OperationQueue {
  readonly #waiting: Operation[] = [];
  #running: Operation | undefined;

  /** Adds an operation; rejects OPERATION_ABORTED if `abortAll` came before it had ended, and whatever it threw otherwise. */
  add<T>(operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#enqueue(operation, false);
  }

  /** Adds an operation that `abortAll` leaves alone: what ends all others is not ended by another one of its kind. */
  addSpared<T>(operation: () => Promise<T>): Promise<T> {
    return this.#enqueue(operation, true);
  }

  /** Aborts the running operation and every waiting one; those added later are not touched. */
  abortAll(): void {
    for (const { abort, isSpared } of [...(this.#running ? [this.#running] : []), ...this.#waiting])
      if (!isSpared) abort.abort();
  }

  #enqueue<T>(operation: (signal: AbortSignal) => Promise<T>, isSpared: boolean): Promise<T> {
    if (this.#waiting.length >= operationsMax)
      return Promise.reject(aborted('too many operations are waiting'));
    return new Promise<T>((resolve, reject) => {
      const abort = new AbortController();
      abort.signal.addEventListener('abort', () => reject(aborted()), { once: true });
      const run = (): void => {
        if (abort.signal.aborted) {
          this.#next();
          return;
        }
        this.#running = added;
        operation(abort.signal)
          .then(resolve, reject)
          .finally(() => {
            this.#running = undefined;
            this.#next();
          });
      };
      const added = { run, abort, isSpared };
      if (this.#running) this.#waiting.push(added);
      else run();
    });
  }

  #next(): void {
    this.#waiting.shift()?.run();
  }
}
