import { routes } from './generated/routes.ts';
import type { Operations } from './generated/types.ts';

/** The operations of the REST API, by the `operationId` of its OpenAPI document. */
export type OperationId = keyof Operations & keyof typeof routes;

/** The operations whose answer is a stream of items, most without an end. */
export type StreamId = {
  [Id in OperationId]: (typeof routes)[Id] extends { readonly stream: true } ? Id : never;
}[OperationId];

/** The names and values of an operation's path and query; and its `body`, if it takes one. */
export type Given<Id extends OperationId> = Operations[Id]['given'] &
  (Operations[Id] extends { readonly body: infer Body }
    ? { readonly body: Body }
    : Operations[Id] extends { readonly body?: infer Body }
      ? { readonly body?: Body }
      : { readonly body?: never });

/** The answer of an operation; of a stream, one item. */
export type Answer<Id extends OperationId> = Operations[Id]['answer'];

/** A request as it is sent: `path` begins at the root of the server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
}

/** The request that an operation is, for those who send it themselves. */
export function requestOf<Id extends OperationId>(id: Id, given: Given<Id>): ApiRequest {
  const { method, path } = routes[id];
  const { body, ...rest } = given as Readonly<Record<string, unknown>>;
  const query = new URLSearchParams();
  const inPath = new Set<string>();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    inPath.add(name);
    return encodeURIComponent(String(rest[name]));
  });
  for (const [name, value] of Object.entries(rest)) {
    if (inPath.has(name) || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const asked = query.toString();
  return { method, path: asked === '' ? filled : `${filled}?${asked}`, body };
}
