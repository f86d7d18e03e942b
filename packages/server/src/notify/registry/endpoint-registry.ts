import { randomBytes } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import { limits as defaults } from '../../limits.ts';
import { Turn } from '../../turn.ts';
import type { Notify } from '../contract.ts';
import { type Endpoint, endpointSecretsMax } from '../endpoint/endpoint.ts';
import { readChange, readNewEndpoint, readRotation } from '../endpoint/endpoint-body.ts';
import { endpointSecretsProblem } from '../endpoint/endpoint-checks.ts';
import { type EndpointStore, type ManagedEndpoint, managedIdPrefix } from '../endpoint/endpoint-store.ts';
import {
  type ConfiguredEndpoint,
  ConfiguredEndpoints,
  type ConfiguredParts,
  type EndpointChanges,
} from './configured-endpoints.ts';
import { activeSecrets, type EndpointView, viewOf } from './endpoint-view.ts';
import { type TestReport, type TestRunLimits, TestRuns } from './test-runs.ts';
import type { UntestedLimits } from './untested.ts';

export interface RegistryOptions extends Omit<ConfiguredParts, 'limits'> {
  /** `notify` has the enabled ones of it. */
  readonly store: EndpointStore;
  readonly notify: Pick<
    Notify,
    'status' | 'add' | 'attach' | 'detach' | 'change' | 'pause' | 'resume' | 'remove'
  >;
  /** The operator has named private networks that endpoints made here may reach. */
  readonly hasNamedNetworks: boolean;
  /** Default: those of limits.ts. */
  readonly limits?: RegistryLimits;
  /** The limits of each app. Default: as `limits` say. */
  readonly limitsOf?: (app: string) => Pick<RegistryLimits, 'appEndpointsMax'>;
}

/** `appEndpointsMax`: endpoints of one app, those of the configuration included. */
export type RegistryLimits = TestRunLimits & UntestedLimits & { readonly appEndpointsMax: number };

/** An answer that shows a secret: the only one that ever does. */
export interface SecretShown {
  readonly endpoint: EndpointView;
  readonly secret: string;
}

/**
 * The endpoints of every app: those of the configuration, which can be seen and tested here, and those that are managed
 * at runtime. Every change is durable before it is answered. All functions fail with `not_found` for an endpoint that
 * the app does not have, and changes with `endpoint_read_only` for one of the configuration.
 */
export class EndpointRegistry {
  readonly #options: RegistryOptions;
  readonly #limits: RegistryLimits;
  readonly #configured: ConfiguredEndpoints;
  readonly #tests: TestRuns;
  /** Changes come one after the other. */
  readonly #turn = new Turn();
  #isStopping = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaults;
    const parts = { ...options, limits: this.#limits };
    this.#configured = new ConfiguredEndpoints(parts);
    this.#tests = new TestRuns(parts);
  }

  /** Configured ones first, then the managed ones, oldest first. */
  list(app: string): readonly EndpointView[] {
    // Asked once: with many apps it is as long as all their endpoints.
    const statuses = this.#options.notify.status();
    return this.#of(app).map((endpoint) => this.#view(endpoint, statuses));
  }

  get(app: string, id: string): EndpointView {
    return this.#view(this.#find(app, id));
  }

  /** Made disabled: it gets nothing until `enable`. Fails with `body_invalid`, `endpoints_full`, `log_unavailable`. */
  create(app: string, body: unknown): Promise<SecretShown> {
    const fields = readNewEndpoint(body, newSecret());
    if (fields.allowPrivateNetwork) this.#requireNamedNetworks();
    return this.#inTurn(async () => {
      const { clock, random, store } = this.#options;
      const { appEndpointsMax } = this.#options.limitsOf?.(app) ?? this.#limits;
      if (this.#of(app).length >= appEndpointsMax)
        throw new HousecountError('endpoints_full', `That is ${appEndpointsMax}.`);
      const made: ManagedEndpoint = {
        id: `${managedIdPrefix}${random.id(16)}`,
        app,
        ...fields,
        createdMs: clock.nowMs(),
        enabled: false,
        paused: false,
      };
      await store.put(made);
      return { endpoint: this.#view(made), secret: fields.secrets.at(-1)?.secret ?? '' };
    });
  }

  /** Holds from the next attempt on. Fails with `body_invalid`, `log_unavailable`. */
  change(app: string, id: string, body: unknown): Promise<EndpointView> {
    return this.#inTurn(async () => {
      const endpoint = this.#managed(app, id);
      const fields = readChange(body, endpoint);
      if (fields.allowPrivateNetwork && !endpoint.allowPrivateNetwork) this.#requireNamedNetworks();
      return this.#put({ ...endpoint, ...fields });
    });
  }

  /** Deletes the endpoint with its cursor and its given-up notices; notices that waited for it are not sent. Fails with `log_unavailable`. */
  delete(app: string, id: string): Promise<void> {
    return this.#inTurn(async () => {
      const { store, notify } = this.#options;
      const { enabled } = this.#managed(app, id);
      await store.remove(id);
      if (enabled) await notify.remove(id);
    });
  }

  /** Its notices wait. Fails with `endpoint_state` if it is disabled, `log_unavailable`. */
  pause(app: string, id: string): Promise<EndpointView> {
    return this.#inTurn(async () => {
      const endpoint = this.#enabled(app, id);
      await this.#options.store.put({ ...endpoint, paused: true });
      await this.#options.notify.pause(id);
      return this.get(app, id);
    });
  }

  /** Goes on where it was. Fails as `pause`. */
  resume(app: string, id: string): Promise<EndpointView> {
    return this.#inTurn(async () => {
      const endpoint = this.#enabled(app, id);
      await this.#options.store.put({ ...endpoint, paused: false });
      await this.#options.notify.resume(id);
      return this.get(app, id);
    });
  }

  /**
   * Adds a secret; those before end after the overlap, if they do not end sooner. Fails with `body_invalid`, with
   * `endpoint_state` if two would go on beside it, and with `log_unavailable`.
   */
  rotateSecret(app: string, id: string, body: unknown): Promise<SecretShown> {
    const { secret = newSecret(), overlapMs } = readRotation(body);
    return this.#inTurn(async () => {
      const endpoint = this.#managed(app, id);
      // People give secrets an end by the wall clock, and what is signed has its time.
      const nowMs = this.#options.clock.wallMs();
      const lastMs = nowMs + overlapMs;
      const ending = activeSecrets(endpoint, nowMs)
        .map((old) => ({ ...old, endsMs: Math.min(old.endsMs ?? lastMs, lastMs) }))
        .filter(({ endsMs }) => endsMs > nowMs);
      if (ending.length >= endpointSecretsMax)
        throw new HousecountError(
          'endpoint_state',
          'It has two secrets already: wait until the older one ends, or rotate with overlapMs 0.',
        );
      const secrets = [...ending, { secret }];
      const problem = endpointSecretsProblem(secrets, endpoint.format);
      if (problem) throw new HousecountError('body_invalid', `secret: ${problem}`);
      return { endpoint: await this.#put({ ...endpoint, secrets }), secret };
    });
  }

  /** Sends test notices, whatever its state. Fails with `rate_limited` if it is under test, or too many are. */
  async test(app: string, id: string): Promise<TestReport> {
    return this.#tests.run(this.#find(app, id));
  }

  /**
   * Tests it and, if it passes, begins to deliver from the end of the log. Fails as `test`, and with `endpoint_state` if
   * it is enabled already or was changed meanwhile, and with `log_unavailable`.
   */
  async enable(app: string, id: string): Promise<TestReport & { readonly endpoint: EndpointView }> {
    const { store, notify } = this.#options;
    const tested = this.#managed(app, id);
    if (tested.enabled) throw new HousecountError('endpoint_state', 'It is enabled already.');
    const report = await this.#tests.run(tested);
    if (!report.ok) return { ...report, endpoint: this.get(app, id) };
    return this.#inTurn(async () => {
      if (this.#managed(app, id) !== tested)
        throw new HousecountError('endpoint_state', 'It was changed while it was tested.');
      // First its cursor: an endpoint that is stored as enabled has one.
      await notify.add(tested);
      try {
        await store.put({ ...tested, enabled: true });
      } catch (cause) {
        await notify.remove(id);
        throw cause;
      }
      return { ...report, endpoint: this.get(app, id) };
    });
  }

  /**
   * From now on these are those of the configuration. One that was there before goes on where it was, also after an absence;
   * one that is gone keeps its place on the disk. Managed ones are not touched. Fails with `log_unavailable`, and with some
   * of it done: asked again, it does the rest.
   */
  configure(endpoints: readonly ConfiguredEndpoint[]): Promise<EndpointChanges> {
    return this.#inTurn(() => this.#configured.configure(endpoints));
  }

  /** Breaks off tests; resolves after the change under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#tests.breakOff();
    this.#configured.breakOff();
    await this.#turn.ended();
    await this.#configured.ended();
  }

  /** It is the operator's to open a private network, not the caller's: one that nothing could be sent to is not made. */
  #requireNamedNetworks(): void {
    if (!this.#options.hasNamedNetworks)
      throw new HousecountError(
        'body_invalid',
        'allowPrivateNetwork: no private network may be reached from here; the operator names some with the setting endpointNetworks.',
      );
  }

  async #put(endpoint: ManagedEndpoint): Promise<EndpointView> {
    await this.#options.store.put(endpoint);
    if (endpoint.enabled) await this.#options.notify.change(endpoint);
    return this.#view(endpoint);
  }

  #find(app: string, id: string): Endpoint {
    const endpoint = this.#configured.find(id) ?? this.#options.store.get(id);
    if (endpoint?.app !== app) throw new HousecountError('not_found', 'The app has no such endpoint.');
    return endpoint;
  }

  #managed(app: string, id: string): ManagedEndpoint {
    this.#find(app, id);
    const endpoint = this.#options.store.get(id);
    if (!endpoint) throw new HousecountError('endpoint_read_only');
    return endpoint;
  }

  #enabled(app: string, id: string): ManagedEndpoint {
    const endpoint = this.#managed(app, id);
    if (!endpoint.enabled)
      throw new HousecountError('endpoint_state', 'It is disabled: it must pass its health test first.');
    return endpoint;
  }

  #of(app: string): readonly Endpoint[] {
    return [...this.#configured.all, ...this.#options.store.list()].filter(
      (endpoint) => endpoint.app === app,
    );
  }

  #view(endpoint: Endpoint, statuses = this.#options.notify.status()): EndpointView {
    const { clock, store } = this.#options;
    const managed = store.get(endpoint.id);
    return viewOf(endpoint, {
      source: managed ? 'managed' : 'config',
      ...(managed && { createdMs: managed.createdMs }),
      enabled: managed?.enabled ?? !this.#configured.isUntested(endpoint.id),
      status: statuses.find(({ endpointId }) => endpointId === endpoint.id),
      nowMs: clock.wallMs(),
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn.take(async () => {
      if (this.#isStopping) throw new HousecountError('going_away');
      return work();
    });
  }
}

/** 32 random bytes. Written as Standard Webhooks writes secrets; to an `agora` notice it is a text like any other. */
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
