import type { AppList } from '@housecount/client';
import { text, UsageError, type Values } from '../command.ts';
import { answerOf, isObject } from './answer.ts';
import { fetchOptions } from './insecure.ts';
import { refusalOf } from './refusal.ts';
import { RefusedError } from './refused-error.ts';
import { whyUnreached } from './unreached.ts';

/** The address and login of a server's REST API. */
export interface ServerAccess {
  readonly url: URL;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  readonly insecure: boolean;
  /** The option that gave the URL, for error messages; default `--url`. */
  readonly option?: string;
}

/** Time for an answer to begin, milliseconds, unless the caller gives another. */
const answerMsDefault = 15_000;

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
 * One request, GET unless told otherwise, with `body` as JSON; no redirect is followed. `answerMs`: the time for the answer to
 * begin, milliseconds.
 * @throws RefusedError if asking again cannot help; UnreachedError if no answer came; Error for all other failures
 */
export async function ask(
  access: ServerAccess,
  path: string,
  signal?: AbortSignal,
  {
    method = 'GET',
    body,
    answerMs = answerMsDefault,
  }: { readonly method?: string; readonly body?: object; readonly answerMs?: number } = {},
): Promise<Response> {
  const { url, authorization, insecure, option = '--url' } = access;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('It took too long.', 'TimeoutError')), answerMs);
  const response = await fetch(below(url, path), {
    ...fetchOptions(insecure),
    method,
    redirect: 'manual',
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(body && { 'content-type': 'application/json' }),
    },
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    ...(body && { body: JSON.stringify(body) }),
  })
    .catch(async (error: unknown) => {
      throw signal?.aborted ? error : await whyUnreached(error, { url, option, hasInsecure: true, answerMs });
    })
    .finally(() => clearTimeout(timer));
  if (!response.ok) throw await refusalOf(response, authorization !== undefined, option);
  return response;
}

/** Asks whether a server takes connections here. @throws as `ask`, if none does */
export async function findServer(access: ServerAccess, signal?: AbortSignal): Promise<void> {
  const { option = '--url' } = access;
  try {
    await ask(access, connectPath, signal);
  } catch (error) {
    // This is the server's answer to a request that is no WebSocket.
    if (error instanceof RefusedError && error.code === 'upgrade_required') return;
    throw error;
  }
  throw new RefusedError(`what answers is no Housecount server: check ${option}`);
}

/** The path at which WebSockets are opened. */
export const connectPath = '/v1/connect';

/** The ids of the server's apps. @throws RefusedError */
export async function listApps(access: ServerAccess, signal?: AbortSignal): Promise<readonly string[]> {
  const { apps } = await answerOf<AppList>(
    await ask(access, '/v1/apps', signal),
    'a list of apps',
    ({ apps: given }) => isListOf(given, 'id'),
  );
  return apps.map(({ id }) => id);
}

/** A list of objects that each have a text of this name. */
export const isListOf = (value: unknown, name: string): boolean =>
  Array.isArray(value) && value.every((one) => isObject(one) && typeof one[name] === 'string');
