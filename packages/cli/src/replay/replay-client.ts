import type { EndpointList, Redelivery, RedeliveryAnswer } from '@housecount/client';
import { answerOf, isObject } from '../server/answer.ts';
import { ask, isListOf, listApps, type ServerAccess } from '../server/server-access.ts';

/** Asks a server for redeliveries. Everything fails with the server's own sentence if it refuses. */
export class ReplayClient {
  readonly #access: ServerAccess;

  constructor(access: ServerAccess) {
    this.#access = access;
  }

  apps(): Promise<readonly string[]> {
    return listApps(this.#access);
  }

  async endpoints(app: string): Promise<readonly string[]> {
    const response = await this.#ask('GET', `${appPath(app)}/endpoints`);
    const { endpoints } = await answerOf<EndpointList>(
      response,
      'a list of endpoints',
      ({ endpoints: given }) => isListOf(given, 'endpointId'),
    );
    return endpoints.map(({ endpointId }) => endpointId);
  }

  /** The number of notices that the redelivery would send. */
  async count(app: string, body: object): Promise<number> {
    const response = await this.#ask('POST', `${appPath(app)}/redeliver`, { ...body, dryRun: true });
    const isCount = ({ notices }: Readonly<Record<string, unknown>>) => Number.isSafeInteger(notices);
    return (await answerOf<Pick<RedeliveryAnswer, 'notices'>>(response, 'a number of notices', isCount))
      .notices;
  }

  async start(app: string, body: object): Promise<Redelivery> {
    const response = await this.#ask('POST', `${appPath(app)}/redeliver`, body);
    const { redelivery } = await answerOf<Required<RedeliveryAnswer>>(
      response,
      what,
      ({ redelivery: given }) => isObject(given) && isRedelivery(given),
    );
    return redelivery;
  }

  async read(app: string, id: string): Promise<Redelivery> {
    return answerOf(await this.#ask('GET', redeliveryPath(app, id)), what, isRedelivery);
  }

  async cancel(app: string, id: string): Promise<Redelivery> {
    return answerOf(await this.#ask('DELETE', redeliveryPath(app, id)), what, isRedelivery);
  }

  #ask(method: string, path: string, body?: object): Promise<Response> {
    return ask(this.#access, path, undefined, { method, answerMs, ...(body && { body }) });
  }
}

const what = 'a redelivery';
/** The server counts the notices before it answers, milliseconds. */
const answerMs = 60_000;

function isRedelivery(value: Readonly<Record<string, unknown>>): boolean {
  const { id, app, state, notices, delivered, failed, gone } = value;
  return (
    [id, app, state].every((text) => typeof text === 'string') &&
    [notices, delivered, failed, gone].every((number) => Number.isSafeInteger(number))
  );
}

const redeliveryPath = (app: string, id: string) => `${appPath(app)}/redeliveries/${encodeURIComponent(id)}`;
const appPath = (app: string) => `/v1/apps/${encodeURIComponent(app)}`;
