import { isDeepStrictEqual } from 'node:util';
import type { Notify } from '../contract.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { Untested, type UntestedParts } from './untested.ts';

/** An endpoint of the configuration file. */
export interface ConfiguredEndpoint extends Endpoint {
  /** It may begin without having passed its health test. */
  readonly skipHealthTest: boolean;
}

/** The changes that a reload of the configuration made to its endpoints, by id. */
export interface EndpointChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface ConfiguredParts extends Omit<UntestedParts, 'onPass'> {
  /** Those that may not skip their health test must begin paused in `notify`. */
  readonly configured: readonly ConfiguredEndpoint[];
  readonly notify: Pick<Notify, 'attach' | 'detach' | 'change' | 'resume'>;
}

/** The endpoints of the configuration file, and the tests of those that may not begin without. */
export class ConfiguredEndpoints {
  readonly #notify: ConfiguredParts['notify'];
  readonly #untested: Untested;
  #endpoints: readonly ConfiguredEndpoint[];

  constructor(parts: ConfiguredParts) {
    const { notify, configured } = parts;
    this.#notify = notify;
    this.#endpoints = configured;
    this.#untested = new Untested({ ...parts, onPass: (id) => notify.resume(id) });
    for (const endpoint of configured) if (!endpoint.skipHealthTest) this.#untested.begin(endpoint);
  }

  /** In the order of the file. */
  get all(): readonly ConfiguredEndpoint[] {
    return this.#endpoints;
  }

  find(id: string): ConfiguredEndpoint | undefined {
    return this.#endpoints.find((one) => one.id === id);
  }

  /** It has not passed the health test that it must pass. */
  isUntested(id: string): boolean {
    return this.#untested.has(id);
  }

  /** See EndpointRegistry.configure. Calls must not overlap. */
  async configure(endpoints: readonly ConfiguredEndpoint[]): Promise<EndpointChanges> {
    const removed: string[] = [];
    const added: string[] = [];
    const changed: string[] = [];
    for (const { id } of this.#endpoints) {
      if (endpoints.some((one) => one.id === id)) continue;
      this.#untested.cancel(id);
      await this.#notify.detach(id);
      this.#endpoints = this.#endpoints.filter((one) => one.id !== id);
      removed.push(id);
    }
    for (const endpoint of endpoints) {
      const known = this.find(endpoint.id);
      if (isDeepStrictEqual(known, endpoint)) continue;
      if (known) await this.#notify.change(endpoint);
      else await this.#notify.attach(endpoint, !endpoint.skipHealthTest);
      this.#endpoints = [...this.#endpoints.filter((one) => one !== known), endpoint];
      (known ? changed : added).push(endpoint.id);
      await this.#retest(endpoint, known);
    }
    this.#endpoints = endpoints;
    return { added, changed, removed };
  }

  /** Breaks off tests. */
  breakOff(): void {
    this.#untested.breakOff();
  }

  /** Resolves when no test is under way. */
  ended(): Promise<void> {
    return this.#untested.ended();
  }

  /** A test that was under way was of what it was before. One that is there already is not stopped to be tested. */
  async #retest(endpoint: ConfiguredEndpoint, known: ConfiguredEndpoint | undefined): Promise<void> {
    const wasUntested = this.#untested.cancel(endpoint.id);
    if (endpoint.skipHealthTest) {
      if (wasUntested) await this.#notify.resume(endpoint.id);
    } else if (!known || wasUntested) this.#untested.begin(endpoint);
  }
}
