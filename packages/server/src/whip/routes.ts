import { createHash } from 'node:crypto';
import { type Code, codes, HousecountError } from '@housecount/protocol';
import { holderOf } from '../net/address/ip-address.ts';
import { isClientHere } from '../net/address/this-machine.ts';
import { type BasePath, reference } from '../net/http/base-path.ts';
import type { RequestContext, Route } from '../net/http/route.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import type { IceServer, IceServers } from '../token/ice-servers.ts';
import { readFragment } from './fragment.ts';
import type { OpenRequest } from './opening.ts';
import type { WhipService } from './service.ts';
import type { MediaSession } from './session/media-session.ts';

export interface WhipRoutesOptions {
  readonly service: WhipService;
  readonly iceServers: Pick<IceServers, 'of' | 'shared' | 'open'>;
  readonly basePath: BasePath;
  /** Hears of each POST that was refused. */
  readonly onRefusedLogin?: OnRefusedLogin;
  /** True if whoever has this key, of a token at an address or of a session, may make one more request now. */
  readonly admitRequest: (key: string) => boolean;
  /** The same of an address, for requests without a good token: so that a stranger stops nobody who shares the address. */
  readonly admitStranger: (address: string) => boolean;
}

/** CORS headers: the request headers that pages of other origins may send, and the response headers that they may read (spec: whip-whep, CORS). */
const cors: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match, ETag',
  'access-control-expose-headers':
    'Location, ETag, Link, Accept-Patch, Access-Control-Allow-Methods, Retry-After, X-Request-ID',
  'access-control-max-age': '86400',
};
const sdpType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';
/** Asked of a player that came before the host, seconds. */
const noStreamRetrySeconds = 3;

/** WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): endpoints for POST, sessions for PATCH and DELETE. */
export function whipRoutes(options: WhipRoutesOptions): Route[] {
  return resources(options).map((route) => ({ ...route, refuse: problem }));
}

function resources(options: WhipRoutesOptions): Route[] {
  const endpoint = (kind: 'whip' | 'whep'): Route[] => {
    const path = `/v1/${kind}/{appId}/{channel}`;
    return [
      {
        method: 'POST',
        path,
        handle: guarded(options, (request, context) => post(options, kind, request, context)),
      },
      { method: 'OPTIONS', path, handle: (request, context) => describe(options, request, context) },
      // HEAD, which has the headers of GET, is how a WHEP endpoint is told from others (draft-ietf-wish-whep).
      {
        method: 'GET',
        path,
        handle: () => (kind === 'whep' ? empty(200, { 'content-type': sdpType }) : empty(204)),
      },
    ];
  };
  const path = '/v1/media/{session}';
  return [
    ...endpoint('whip'),
    ...endpoint('whep'),
    {
      method: 'PATCH',
      path,
      handle: guarded(options, (request, context) => patch(options, request, context)),
    },
    { method: 'DELETE', path, handle: guarded(options, (_, context) => remove(options.service, context)) },
    { method: 'OPTIONS', path, handle: () => empty(200, { 'accept-patch': fragmentType }) },
    {
      method: 'GET',
      path,
      handle: guarded(options, (_, context) => {
        sessionOf(options.service, context);
        return empty(204);
      }),
    },
  ];
}

async function post(
  options: WhipRoutesOptions,
  kind: 'whip' | 'whep',
  request: Request,
  context: RequestContext,
): Promise<Response> {
  requireType(request, sdpType);
  const { appId = '', channel = '' } = context.params;
  const { session, answerSdp } = await created(options, {
    kind,
    app: appId,
    channel,
    bearer: bearerOf(request, context.url),
    query: context.url.searchParams,
    address: context.address,
    isHere: isClientHere(request, context),
    offerSdp: await request.text(),
  });
  const headers = new Headers({
    ...cors,
    'content-type': sdpType,
    location: reference(options.basePath, context.url.pathname, `/v1/media/${session.id}`),
    etag: session.etag,
    'accept-patch': fragmentType,
  });
  appendLinks(headers, options.iceServers.of(session));
  return new Response(answerSdp, { status: 201, headers });
}

async function created(options: WhipRoutesOptions, request: OpenRequest) {
  try {
    return await options.service.create(request);
  } catch (error) {
    const { kind: over, app, channel, query, address } = request;
    const user = query.get('account') ?? query.get('uid') ?? undefined;
    if (error instanceof HousecountError)
      options.onRefusedLogin?.({ over, app, channel, user, address, code: error.code });
    throw error;
  }
}

/**
 * OPTIONS of an endpoint: some clients read the ICE servers here and nowhere else. Those whose password is everybody's are for who
 * has a good Bearer, those with one that is made for a member for who is one, and a browser's own preflight, which no page reads, is
 * told of none (RFC 9725 section 4.6).
 */
function describe(options: WhipRoutesOptions, request: Request, context: RequestContext): Response {
  const headers = new Headers({ ...cors, 'accept-post': sdpType });
  if (!request.headers.has('access-control-request-method')) {
    const { appId = '', channel = '' } = context.params;
    const { searchParams: query } = context.url;
    const bearer = bearerOf(request, context.url);
    const isHere = isClientHere(request, context);
    const holder = options.admitRequest(keyOf(request, context))
      ? options.service.holderOf({ app: appId, channel, bearer, query, isHere })
      : undefined;
    const { iceServers } = options;
    if (holder === undefined) appendLinks(headers, iceServers.open());
    else if (holder === 'token') appendLinks(headers, iceServers.shared());
    else appendLinks(headers, iceServers.of({ app: appId, channel, uid: holder }));
  }
  return new Response(null, { status: 200, headers });
}

async function patch(
  { service, iceServers }: Pick<WhipRoutesOptions, 'service' | 'iceServers'>,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const session = sessionOf(service, context);
  requireType(request, fragmentType);
  const fragment = readFragment(await request.text());
  if (!fragment) throw new HousecountError('body_invalid', 'The body is not a trickle ICE fragment.');
  // Some clients in the field send the tag in an ETag header.
  const tag = request.headers.get('if-match') ?? request.headers.get('etag');
  if (tag === null) throw new HousecountError('precondition_required');
  if (tag !== '*' && tag !== session.etag) throw new HousecountError('precondition_failed');
  const outcome = await service.patch(session, fragment);
  if (!outcome.restarted) return empty(204);
  const headers = new Headers({ ...cors, 'content-type': fragmentType, etag: outcome.etag });
  // Passwords of the POST may have ended by now.
  appendLinks(headers, iceServers.of(session));
  return new Response(outcome.fragment, { status: 200, headers });
}

async function remove(service: WhipService, context: RequestContext): Promise<Response> {
  const { session = '' } = context.params;
  if (!(await service.remove(session))) throw new HousecountError('not_found');
  return empty(200);
}

function sessionOf(service: WhipService, context: RequestContext): MediaSession {
  const session = service.get(context.params.session ?? '');
  if (!session) throw new HousecountError('not_found');
  return session;
}

function requireType(request: Request, type: string): void {
  const sent = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (sent !== type) throw new HousecountError('media_type_unsupported', `Send ${type}.`);
}

/** The Bearer of the Authorization header, else `?token=`: a token in the URL is allowed (RFC 9725 section 4.8). */
function bearerOf(request: Request, url: URL): string | undefined {
  const header = /^bearer +(\S+)\s*$/i.exec(request.headers.get('authorization') ?? '');
  return header?.[1] ?? tokenIn(url.searchParams.get('token'));
}

/**
 * A token as it was before somebody put it into a URL. They are base64, with `+`, `/` and `=`: pasted as it is, its `+` is read
 * as a space; escaped by an app and once more by its encoder, `%2B` is left. Neither is in any token.
 */
function tokenIn(text: string | null): string | undefined {
  return text
    ?.replaceAll(' ', '+')
    .replace(/[\t\r\n]/g, '')
    .replace(/%(2B|2F|3D)/gi, decodeURIComponent);
}

function appendLinks(headers: Headers, servers: readonly IceServer[]): void {
  for (const server of servers) headers.append('link', iceLink(server));
}

function iceLink(server: IceServer): string {
  const credentials =
    server.username === undefined
      ? ''
      : `; username="${server.username}"; credential="${server.credential ?? ''}"; credential-type="password"`;
  return `<${server.urls}>; rel="ice-server"${credentials}`;
}

const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, { status, headers: { ...cors, ...headers } });

/** Limits the rate, and answers a refusal with problem details (RFC 9457) that another origin may read. */
function guarded(
  options: WhipRoutesOptions,
  handle: (request: Request, context: RequestContext) => Response | Promise<Response>,
): Route['handle'] {
  return async (request, context) => {
    try {
      if (!options.admitRequest(keyOf(request, context))) throw new HousecountError('rate_limited');
      return await handle(request, context);
    } catch (error) {
      if (!(error instanceof HousecountError) || error.code === 'internal') throw error;
      const isTooMuch = isOfStranger(error.code) && !options.admitStranger(context.address);
      return problem(isTooMuch ? new HousecountError('rate_limited') : error, context.requestId);
    }
  };
}

/** The key of the budget that a request is taken from: its session, else its token at its address, because many clients may share a token. */
function keyOf(request: Request, { params, url, address }: RequestContext): string {
  const holder = params.session ?? `${bearerOf(request, url) ?? ''} ${holderOf(address)}`;
  // Tokens may be long, and keys are kept for a while.
  return createHash('sha256').update(holder).digest('base64');
}

/** Refusals of those who have neither a good token nor a session. */
const isOfStranger = (code: Code): boolean =>
  codes[code].http === 401 || code === 'invalid_app_id' || code === 'resume_invalid' || code === 'not_found';

function problem(error: HousecountError, requestId: string): Response {
  const { http, retry } = codes[error.code];
  return new Response(
    JSON.stringify({
      type: 'about:blank',
      title: codes[error.code].message,
      status: http,
      detail: error.message,
      code: error.code,
      requestId,
    }),
    {
      status: http,
      headers: {
        ...cors,
        'content-type': 'application/problem+json',
        ...(http === 401 && { 'www-authenticate': 'Bearer' }),
        ...(retry && { 'retry-after': String(retrySecondsOf(error.code)) }),
      },
    },
  );
}

const retrySecondsOf = (code: Code): number => (code === 'no_stream' ? noStreamRetrySeconds : 1);
