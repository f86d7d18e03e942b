import { aborted } from './errors.ts';

/** Operations waiting in one queue, at most; the next is rejected. Chosen: far above what a page does by hand. */
const operationsMax = 1000;

interface Waiting {
  readonly run: () => void;
  readonly abort: AbortController;
}

/** Runs operations one after the other, in the order they were asked for. The first starts at once, in the same turn. */
export class OperationQueue {
  readonly #waiting: Waiting[] = [];
  #running: AbortController | undefined;

  /** Adds an operation; rejects OPERATION_ABORTED if `abortAll` came before it had ended, and whatever it threw otherwise. */
  add<T>(operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
        this.#running = abort;
        operation(abort.signal)
          .then(resolve, reject)
          .finally(() => {
            this.#running = undefined;
            this.#next();
          });
      };
      if (this.#running) this.#waiting.push({ run, abort });
      else run();
    });
  }

  /** Aborts the running operation and every waiting one; those added later are not touched. */
  abortAll(): void {
    this.#running?.abort();
    for (const waiting of this.#waiting) waiting.abort.abort();
  }

  #next(): void {
    this.#waiting.shift()?.run();
  }
}
