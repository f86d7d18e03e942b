import { answerOf, isObject } from './answer.ts';
import { text, UsageError, type Values } from './command.ts';
import { fetchOptions } from './insecure.ts';
import { certificateRefusal, refusalOf } from './refusal.ts';

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

/** The address of a path of the server, which may itself be under a path: `https://host/hc` and `/v1/apps` is `https://host/hc/v1/apps`. */
export function below(url: string | URL, path: string): URL {
  const { origin, pathname } = new URL(url);
  return new URL(origin + pathname.replace(/\/+$/, '') + path);
}

/**
 * One request, GET unless told otherwise, with `body` as JSON; no redirect is followed.
 * @throws RefusedError if asking again cannot help; Error for all other failures
 */
export async function ask(
  access: ServerAccess,
  path: string,
  signal?: AbortSignal,
  { method = 'GET', body }: { readonly method?: string; readonly body?: object } = {},
): Promise<Response> {
  const { url, authorization, insecure } = access;
  const response = await fetch(below(url, path), {
    ...fetchOptions(insecure),
    method,
    redirect: 'manual',
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(signal && { signal }),
    ...(body && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw certificateRefusal(error) ?? error;
  });
  if (!response.ok) throw await refusalOf(response, authorization !== undefined);
  return response;
}

/** The ids of the server's apps. @throws RefusedError */
export async function listApps(access: ServerAccess, signal?: AbortSignal): Promise<readonly string[]> {
  const { apps } = await answerOf<{ apps: readonly { id: string }[] }>(
    await ask(access, '/v1/apps', signal),
    'a list of apps',
    ({ apps: given }) => isListOf(given, 'id'),
  );
  return apps.map(({ id }) => id);
}

/** A list of objects that each have a text of this name. */
export const isListOf = (value: unknown, name: string): boolean =>
  Array.isArray(value) && value.every((one) => isObject(one) && typeof one[name] === 'string');
