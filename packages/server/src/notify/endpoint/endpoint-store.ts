import { HousecountError } from '@housecount/protocol';
import type { Kept, KeptRead, KeptValue, Revision } from '../../kept/contract.ts';
import { isObject } from '../../settings/reader.ts';
import type { Endpoint } from './endpoint.ts';

export const endpointsPath = 'notify/endpoints';
/** The prefix that the ids of managed endpoints have, and no others. */
export const managedIdPrefix = 'ep_';

/** An endpoint that is managed over REST and the console, with what must outlive the process. */
export interface ManagedEndpoint extends Endpoint {
  /** Epoch milliseconds. */
  readonly createdMs: number;
  /** It has passed its health test, and gets notices. */
  readonly enabled: boolean;
  /** Its notices wait. */
  readonly paused: boolean;
}

/**
 * The managed endpoints, with their secrets, in one file that is replaced as a whole: a crash leaves all of the old
 * one or all of the new one.
 */
export class EndpointStore {
  readonly #kept: KeptValue;
  /** There was a file: who is not in it was deleted. */
  readonly #found: boolean;
  #endpoints: ReadonlyMap<string, ManagedEndpoint>;
  /** Of what `#endpoints` was read from, or written to. */
  #revision: Revision;

  private constructor(kept: KeptValue, { found, endpoints, revision }: Stored) {
    this.#kept = kept;
    this.#found = found;
    this.#endpoints = endpoints;
    this.#revision = revision;
  }

  /** Fails with `data_damaged` if the file is damaged: an endpoint that is guessed, or left out, would lose notices. */
  static async open(kept: Pick<Kept, 'value'>): Promise<EndpointStore> {
    const value = kept.value(endpointsPath);
    return new EndpointStore(value, await readStored(value));
  }

  /** Oldest first. */
  list(): readonly ManagedEndpoint[] {
    return [...this.#endpoints.values()];
  }

  get(id: string): ManagedEndpoint | undefined {
    return this.#endpoints.get(id);
  }

  /**
   * The id is that of a managed endpoint that was deleted. Never one of the configuration: it may come back. If the whole
   * file is missing, nobody counts as deleted: a copy of it may be put back.
   */
  isDeleted(id: string): boolean {
    return this.#found && id.startsWith(managedIdPrefix) && !this.#endpoints.has(id);
  }

  /** Durable when it resolves; fails with `log_unavailable`, and then nothing is changed. Calls must not overlap. */
  async put(endpoint: ManagedEndpoint): Promise<void> {
    await this.#replace(new Map(this.#endpoints).set(endpoint.id, endpoint));
  }

  /** As `put`. */
  async remove(id: string): Promise<void> {
    const left = new Map(this.#endpoints);
    left.delete(id);
    await this.#replace(left);
  }

  async #replace(endpoints: ReadonlyMap<string, ManagedEndpoint>): Promise<void> {
    let revision: Revision | undefined;
    try {
      const value = { version: 1, endpoints: [...endpoints.values()] };
      revision = await this.#kept.compareAndSet(this.#revision, value);
    } catch (cause) {
      throw new HousecountError('log_unavailable', 'The endpoints cannot be stored.', { cause });
    }
    if (revision === undefined) {
      const stored = await readStored(this.#kept);
      this.#endpoints = stored.endpoints;
      this.#revision = stored.revision;
      throw new HousecountError(
        'log_unavailable',
        'Somebody else changed the endpoints just now: ask again.',
      );
    }
    this.#revision = revision;
    this.#endpoints = endpoints;
  }
}

interface Stored {
  readonly found: boolean;
  readonly endpoints: ReadonlyMap<string, ManagedEndpoint>;
  readonly revision: Revision;
}

/** Fails with `data_damaged`. */
async function readStored(kept: KeptValue): Promise<Stored> {
  const read = await kept.read();
  const endpoints = endpointsOf(read);
  if (!endpoints)
    throw new HousecountError(
      'data_damaged',
      `It is ${endpointsPath} in the data folder: put back a copy of it, or delete it and make the endpoints anew.`,
    );
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return { found: read.is !== 'none', endpoints: byId, revision: read.revision };
}

/** Undefined: it is damaged, or not what this server means by endpoints. */
function endpointsOf(found: KeptRead): readonly ManagedEndpoint[] | undefined {
  if (found.is === 'none') return [];
  if (found.is === 'damaged' || !isObject(found.value)) return undefined;
  const { version, endpoints } = found.value;
  if (version !== 1 || !Array.isArray(endpoints) || !endpoints.every(isEndpoint)) return undefined;
  // An endpoint stored by a server that did not know of redelivery gets it, as does every endpoint that does not mention it.
  return endpoints.map((endpoint) => ({ ...endpoint, redeliverGivenUp: endpoint.redeliverGivenUp ?? true }));
}

/** The checksum says that it is what was written; this says that it was written by a server that means the same by it. */
function isEndpoint(value: unknown): value is ManagedEndpoint {
  if (!isObject(value)) return false;
  const list = (field: unknown) => Array.isArray(field);
  return (
    typeof value.url === 'string' &&
    typeof value.description === 'string' &&
    [value.events, value.channels].every(list) &&
    typeof value.format === 'string' &&
    (typeof value.retry === 'string' || isObject(value.retry)) &&
    (value.redeliverGivenUp === undefined || typeof value.redeliverGivenUp === 'boolean') &&
    isObject(value.headers) &&
    typeof value.allowPrivateNetwork === 'boolean' &&
    typeof value.id === 'string' &&
    typeof value.app === 'string' &&
    typeof value.createdMs === 'number' &&
    typeof value.enabled === 'boolean' &&
    typeof value.paused === 'boolean' &&
    Array.isArray(value.secrets) &&
    value.secrets.length > 0 &&
    value.secrets.every((secret) => isObject(secret) && typeof secret.secret === 'string')
  );
}
