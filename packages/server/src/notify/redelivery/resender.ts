import { type RedeliveryEnd, type RedeliveryParts, type RedeliveryRequest, redeliver } from './redelivery.ts';

/** The redeliveries that are under way, of all endpoints: the stop ends them and waits for them. */
export class Resender {
  readonly #parts: RedeliveryParts;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: RedeliveryParts) {
    this.#parts = parts;
  }

  /** See redeliver. */
  redeliver(request: RedeliveryRequest): Promise<RedeliveryEnd> {
    const signal = AbortSignal.any([request.signal, this.#stopping.signal]);
    const running = redeliver({ ...request, signal }, this.#parts);
    // The stop waits for its end, however it ends; whoever asked hears of a failure.
    const ended = running.then(
      () => {},
      () => {},
    );
    this.#underWay.add(ended);
    return running.finally(() => this.#underWay.delete(ended));
  }

  /** Ends what is under way. */
  breakOff(): void {
    this.#stopping.abort();
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
