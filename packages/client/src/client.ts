import { ApiError, errorOf } from './errors.ts';
import {
  type Answer,
  type ApiRequest,
  type Given,
  type OperationId,
  requestOf,
  type StreamId,
} from './request.ts';

export interface ClientOptions {
  /** The server's address: `https://live.example`, or with the path that it is under; empty in a page that the server serves. */
  readonly url: string;
  /** A customer of its configuration. */
  readonly customer?: { readonly id: string; readonly secret: string };
  /** Instead of `customer`: the Authorization header of each request, if there is one. */
  readonly authorization?: () => string | undefined;
  /** Default: the runtime's own. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For a POST: a second request with the same key is not carried out again, and gets the first answer. */
  readonly idempotencyKey?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The REST API of a server, typed: `await house.call('getRoster', { app, channel })`. Everything fails with ApiError. */
export class Housecount {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Does an operation, and resolves to its answer. A stream has no end to wait for: `open` it. */
  async call<Id extends Exclude<OperationId, StreamId>>(
    id: Id,
    given: Given<Id>,
    options: CallOptions = {},
  ): Promise<Answer<Id>> {
    const response = await this.open(id, given, options);
    try {
      return (await response.json()) as Answer<Id>;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw failureOf(cause, options.signal);
      // The answer is not JSON: a proxy's page, say, or an answer that was cut off.
      const { status } = response;
      throw new ApiError(status, `http_${status}`, `The server answered ${status}, but not in JSON.`, {
        cause,
      });
    }
  }

  /** The same, up to the answer's head: of a stream, whose body goes on. */
  open<Id extends OperationId>(id: Id, given: Given<Id>, options: CallOptions = {}): Promise<Response> {
    return this.send(requestOf(id, given), options);
  }

  /** Sends any request to the server, with the login if there is one. Fails for every answer but 2xx. */
  async send(
    { method, path, body }: ApiRequest,
    { signal, idempotencyKey, headers }: CallOptions = {},
  ): Promise<Response> {
    const { url, fetch = globalThis.fetch } = this.#options;
    const authorization = this.#authorization();
    let response: Response;
    try {
      response = await fetch(url.replace(/\/+$/, '') + path, {
        method,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(signal && { signal }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw failureOf(cause, signal);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  #authorization(): string | undefined {
    const { customer, authorization } = this.#options;
    return customer ? basicAuthorization(customer.id, customer.secret) : authorization?.();
  }
}

/** The error of a failed request or answer: the caller's own abort as it is, or a connection that did not hold. */
const failureOf = (cause: unknown, signal: AbortSignal | undefined): unknown =>
  signal?.aborted ? cause : new ApiError(0, 'unreachable', 'The server cannot be reached.', { cause });

/** Basic authentication (RFC 7617) with the text encoded as UTF-8. */
export function basicAuthorization(id: string, secret: string): string {
  const bytes = new TextEncoder().encode(`${id}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
