import { ask, type ServerAccess } from '../server-access.ts';

/** A redelivery as the server shows it. */
export interface Redelivery {
  readonly id: string;
  readonly app: string;
  readonly state: string;
  readonly notices: number;
  readonly delivered: number;
  readonly failed: number;
  readonly gone: number;
  readonly endedMs?: number;
  readonly trouble?: string;
}

/** Asks a server for redeliveries. Everything fails with the server's own sentence if it refuses. */
export class ReplayClient {
  readonly #access: ServerAccess;

  constructor(access: ServerAccess) {
    this.#access = access;
  }

  async apps(): Promise<readonly string[]> {
    const { apps } = (await this.#ask('GET', '/v1/apps')) as { apps: readonly { id: string }[] };
    return apps.map(({ id }) => id);
  }

  async endpoints(app: string): Promise<readonly string[]> {
    const { endpoints } = (await this.#ask('GET', `${appPath(app)}/endpoints`)) as {
      endpoints: readonly { endpointId: string }[];
    };
    return endpoints.map(({ endpointId }) => endpointId);
  }

  /** How many notices it would be. */
  async count(app: string, body: object): Promise<number> {
    const answer = await this.#ask('POST', `${appPath(app)}/redeliver`, { ...body, dryRun: true });
    return (answer as { notices: number }).notices;
  }

  async start(app: string, body: object): Promise<Redelivery> {
    const answer = await this.#ask('POST', `${appPath(app)}/redeliver`, body);
    return (answer as { redelivery: Redelivery }).redelivery;
  }

  async read(app: string, id: string): Promise<Redelivery> {
    return (await this.#ask('GET', `${appPath(app)}/redeliveries/${id}`)) as Redelivery;
  }

  async cancel(app: string, id: string): Promise<Redelivery> {
    return (await this.#ask('DELETE', `${appPath(app)}/redeliveries/${id}`)) as Redelivery;
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    return (await ask(this.#access, path, undefined, { method, ...(body && { body }) })).json();
  }
}

const appPath = (app: string) => `/v1/apps/${encodeURIComponent(app)}`;
