import type { Logger } from '../../observe/contract.ts';
import { pause } from '../../pause.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type TestTools, testEndpoint } from './health-test.ts';

export interface UntestedLimits {
  /** A failed test is made again after so many milliseconds. */
  readonly healthTestAgainMs: number;
}

export interface UntestedParts extends Omit<TestTools, 'signal'> {
  readonly limits: UntestedLimits;
  readonly logger: Logger;
  /** It passed. */
  readonly onPass: (endpointId: string) => Promise<void>;
}

/** Endpoints that get nothing before they have passed their health test: each is tested again and again until it passes. */
export class Untested {
  readonly #parts: UntestedParts;
  readonly #stopping = new AbortController();
  /** Breaks off the testing of an endpoint, by its id. */
  readonly #testing = new Map<string, AbortController>();
  readonly #watching = new Set<Promise<void>>();

  constructor(parts: UntestedParts) {
    this.#parts = parts;
  }

  has(endpointId: string): boolean {
    return this.#testing.has(endpointId);
  }

  begin(endpoint: Endpoint): void {
    const own = new AbortController();
    this.#testing.set(endpoint.id, own);
    const signal = AbortSignal.any([own.signal, this.#stopping.signal]);
    const watching = this.#testUntilItPasses(endpoint, signal)
      // The endpoint was taken out of the configuration just then, or the server stops.
      .catch((cause: unknown) =>
        this.#parts.logger.info('A health test came to nothing.', { cause: String(cause) }),
      )
      .finally(() => {
        this.#watching.delete(watching);
        if (this.#testing.get(endpoint.id) === own) this.#testing.delete(endpoint.id);
      });
    this.#watching.add(watching);
  }

  /** It need not pass any more, or is another than it was. True if it had not passed. */
  cancel(endpointId: string): boolean {
    this.#testing.get(endpointId)?.abort();
    return this.#testing.delete(endpointId);
  }

  /** Breaks off all tests. */
  breakOff(): void {
    this.#stopping.abort();
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    await Promise.all(this.#watching);
  }

  async #testUntilItPasses(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    const { clock, logger, onPass, send, random, limits } = this.#parts;
    while (!signal.aborted) {
      const results = await testEndpoint(endpoint, { send, clock, random, signal });
      const failed = results.filter(({ ok }) => !ok);
      if (signal.aborted) return;
      if (failed.length === 0) {
        await onPass(endpoint.id);
        return;
      }
      logger.error('An endpoint did not pass its health test; its notices wait, and it is tested again.', {
        endpoint: endpoint.id,
        failed: failed.map(({ eventType, code, detail }) => `${eventType}: ${code} ${detail ?? ''}`),
      });
      await pause(clock, limits.healthTestAgainMs, signal);
    }
  }
}
