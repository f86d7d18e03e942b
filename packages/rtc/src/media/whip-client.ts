import { after } from '@housecount/link';
import { type Code, codes, HousecountError } from '@housecount/protocol';
import { failure } from '../errors.ts';
import { onAnyAbort } from '../timing.ts';

/** Time for one request and its answer, milliseconds. */
const requestMsMax = 10_000;

/** A media session as the server made it (RFC 9725 section 4.2). */
export interface MediaResource {
  /** The address for its PATCH and DELETE requests. */
  readonly url: string;
  /** The last path segment of its Location: names it in `select` frames. */
  readonly id: string;
  readonly answerSdp: string;
  /** Names the ICE session in patches, if the server gave one. */
  readonly etag?: string;
}

/** A refused offer. `retryAfterMs` is the server's hint, if it gave one. */
export class OfferRefused extends Error {
  override readonly name = 'OfferRefused';
  constructor(
    readonly status: number,
    readonly code: Code | undefined,
    message: string,
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }

  /** May the same offer be sent again later? */
  get retry(): boolean {
    if (this.code === 'host_not_found') return true;
    return this.code ? codes[this.code].retry : this.status >= 500 || this.status === 429;
  }

  /** The error of the code table that both ends share, if the server named a code. */
  toError(): Error {
    return this.code
      ? new HousecountError(this.code, undefined, { cause: this })
      : failure('UNEXPECTED_RESPONSE', this.message);
  }
}

/** Posts an offer to a WHIP or WHEP endpoint. Rejects OfferRefused, or NETWORK_ERROR. */
export async function postOffer(
  endpoint: string,
  bearer: string,
  offerSdp: string,
  signal: AbortSignal,
): Promise<MediaResource> {
  const { response, body } = await send(endpoint, bearer, signal, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: offerSdp,
  });
  if (response.status !== 201) throw refusalOf(response, body);
  const location = response.headers.get('Location');
  if (!location) throw failure('UNEXPECTED_RESPONSE', 'the server gave no Location');
  const url = new URL(location, response.url || endpoint);
  const etag = response.headers.get('ETag');
  return {
    url: url.href,
    id: url.pathname.split('/').at(-1) ?? '',
    answerSdp: body,
    ...(etag !== null && { etag }),
  };
}

/** Sends late candidates (RFC 8840); a server that does not take them answers 4xx, and that is no failure. */
export async function patchCandidates(
  { url, etag }: MediaResource,
  bearer: string,
  fragment: string,
  signal: AbortSignal,
): Promise<void> {
  await send(url, bearer, signal, {
    method: 'PATCH',
    headers: {
      'Content-Type': 'application/trickle-ice-sdpfrag',
      ...(etag !== undefined && { 'If-Match': etag }),
    },
    body: fragment,
  });
}

/**
 * Restarts ICE with the fragment's credentials; resolves with the fragment that has the server's (RFC 9725 section 4.3.2). Rejects
 * OfferRefused, NETWORK_ERROR or OPERATION_ABORTED.
 */
export async function patchRestart(
  { url }: MediaResource,
  bearer: string,
  fragment: string,
  signal: AbortSignal,
): Promise<string> {
  const { response, body } = await send(url, bearer, signal, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
    body: fragment,
  });
  if (response.status !== 200) throw refusalOf(response, body);
  return body;
}

/** Ends a session. `keepalive` lets the request outlive its page. A session that is gone already is no failure. */
export async function deleteSession(url: string, bearer: string, keepalive = false): Promise<void> {
  await send(url, bearer, undefined, { method: 'DELETE', keepalive });
}

/** Asks, after the server was away, whether the session still exists. Rejects NETWORK_ERROR. */
export async function sessionLives(url: string, bearer: string, signal: AbortSignal): Promise<boolean> {
  const { response } = await send(url, bearer, signal, { method: 'GET' });
  return !isGone(response.status);
}

/** The answer to a request about a session that the server does not have. */
export const isGone = (status: number): boolean => status === 404 || status === 410;

async function send(
  url: string,
  bearer: string,
  signal: AbortSignal | undefined,
  init: RequestInit,
): Promise<{ readonly response: Response; readonly body: string }> {
  const request = new AbortController();
  const abort = (): void => request.abort();
  const cancel = after(requestMsMax, abort);
  const unlisten = onAnyAbort(signal ? [signal] : [], abort);
  try {
    if (signal?.aborted) abort();
    const response = await fetch(url, {
      ...init,
      headers: { ...init.headers, Authorization: `Bearer ${bearer}` },
      signal: request.signal,
    });
    return { response, body: await response.text() };
  } catch (error) {
    if (signal?.aborted) throw failure('OPERATION_ABORTED', 'the media request was aborted', error);
    throw failure('NETWORK_ERROR', 'the media request failed', error);
  } finally {
    cancel();
    unlisten();
  }
}

function refusalOf(response: Response, body: string): OfferRefused {
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const code = codeIn(body);
  return new OfferRefused(
    response.status,
    code,
    `the server answered ${response.status}${code ? ` ${code}` : ''}`,
    Number.isFinite(seconds) ? seconds * 1000 : undefined,
  );
}

function codeIn(body: string): Code | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('code' in value)) return undefined;
    return typeof value.code === 'string' && value.code in codes ? (value.code as Code) : undefined;
  } catch {
    return undefined;
  }
}
