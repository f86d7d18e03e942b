import { text, UsageError, type Values } from './command.ts';
import { fetchOptions } from './insecure.ts';
import { RefusedError } from './listen/follow-notices.ts';

/** How to ask the REST API of a server. */
export interface ServerAccess {
  readonly url: URL;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  readonly insecure: boolean;
}

/** The Authorization header that --customer makes; undefined without it. @throws UsageError */
export function authorizationOf(values: Values): string | undefined {
  const customer = text(values, 'customer');
  if (customer === undefined) return undefined;
  if (!customer.includes(':')) throw new UsageError('--customer must be ID:SECRET');
  return `Basic ${Buffer.from(customer).toString('base64')}`;
}

/** One GET. @throws RefusedError with the server's own words if it does not answer 200 */
export async function ask(access: ServerAccess, path: string, signal: AbortSignal): Promise<Response> {
  const { url, authorization, insecure } = access;
  const response = await fetch(new URL(path, url), {
    ...fetchOptions(insecure),
    signal,
    headers: authorization === undefined ? {} : { authorization },
  });
  if (response.status === 401) throw new RefusedError('the server wants a login: give --customer ID:SECRET');
  if (!response.ok) {
    const said = (await response.text()).slice(0, 1_000);
    throw new RefusedError(`the server answered ${response.status}: ${said}`);
  }
  return response;
}

/** The ids of the server's apps. @throws RefusedError */
export async function listApps(access: ServerAccess, signal: AbortSignal): Promise<readonly string[]> {
  const response = await ask(access, '/v1/apps', signal);
  const { apps } = (await response.json()) as { apps: readonly { id: string }[] };
  return apps.map(({ id }) => id);
}
