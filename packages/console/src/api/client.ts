import { basePath } from '../shell/base.ts';
import { currentAuthorization } from './credentials.ts';

/** A request that the server refused or that did not reach it (`status` 0). `code` is stable. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Sends a request with the login, if there is one. Throws ApiError for every answer but 2xx, and when none came. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const authorization = currentAuthorization();
  if (authorization !== undefined && !headers.has('authorization'))
    headers.set('authorization', authorization);
  let response: Response;
  try {
    response = await fetch(basePath + path, { ...init, headers });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.', { cause });
  }
  if (!response.ok) throw await toError(response);
  return response;
}

/** The body of a GET, as the shape the caller names. The server and this page are built together, so it is trusted. */
export async function getJson<Shape>(path: string, options: { signal?: AbortSignal } = {}): Promise<Shape> {
  const response = await request(path, {
    headers: { accept: 'application/json' },
    ...(options.signal && { signal: options.signal }),
  });
  return (await response.json()) as Shape;
}

/** The answer to a request that changes something, as the shape the caller names. */
export async function sendJson<Shape>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  options: { signal?: AbortSignal } = {},
): Promise<Shape> {
  const response = await request(path, {
    method,
    ...options,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return (await response.json()) as Shape;
}

async function toError(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status}.`;
  try {
    const body: unknown = await response.json();
    const holder = isObject(body) && isObject(body.error) ? body.error : body;
    if (isObject(holder) && typeof holder.code === 'string')
      return new ApiError(
        response.status,
        holder.code,
        typeof holder.message === 'string' ? holder.message : fallback,
      );
  } catch {
    // Not JSON: a proxy's page, say. The status tells enough.
  }
  return new ApiError(response.status, `http_${response.status}`, fallback);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
