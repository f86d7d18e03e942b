import { HousecountError } from '@housecount/protocol';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type TestResult, type TestTools, testEndpoint } from './health-test.ts';

/** The result of a health test, notice type by notice type. */
export interface TestReport {
  readonly ok: boolean;
  readonly results: readonly TestResult[];
}

export interface TestRunLimits {
  /** Health tests at once. */
  readonly healthTestsMax: number;
}

export interface TestRunParts extends Omit<TestTools, 'signal'> {
  readonly limits: TestRunLimits;
}

/** The health tests that somebody asked for: one at a time of each endpoint, and few at a time in all. */
export class TestRuns {
  readonly #parts: TestRunParts;
  readonly #stopping = new AbortController();
  /** Ids of endpoints under test. */
  readonly #underWay = new Set<string>();

  constructor(parts: TestRunParts) {
    this.#parts = parts;
  }

  /** Fails with `rate_limited` if the endpoint is under test, or too many are. */
  async run(endpoint: Endpoint): Promise<TestReport> {
    if (this.#underWay.has(endpoint.id))
      throw new HousecountError('rate_limited', 'The endpoint is being tested.');
    if (this.#underWay.size >= this.#parts.limits.healthTestsMax)
      throw new HousecountError('rate_limited', 'Other endpoints are being tested.');
    this.#underWay.add(endpoint.id);
    try {
      const { send, clock, random } = this.#parts;
      const { signal } = this.#stopping;
      const results = await testEndpoint(endpoint, { send, clock, random, signal });
      return { ok: results.every(({ ok }) => ok), results };
    } finally {
      this.#underWay.delete(endpoint.id);
    }
  }

  /** Breaks off those that are under way. */
  breakOff(): void {
    this.#stopping.abort();
  }
}
