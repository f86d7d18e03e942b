import { type Code, HousecountError } from '@housecount/protocol';
import type { Clock, Random } from '../../clock.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';
import type { AddressCount } from '../address/address-count.ts';
import type { Client } from '../address/client.ts';
import { type BasePath, withoutBase } from './base-path.ts';
import { type BodyLimits, defaultBodyLimits } from './http-limits.ts';
import { withLimitedBody } from './limited-body.ts';
import { loggedPath } from './logged-path.ts';
import { problem, problemOf } from './problem.ts';
import type { RequestContext, Route } from './route.ts';
import { Router } from './router.ts';

export interface HttpOptions {
  readonly routes: readonly Route[];
  readonly basePath: BasePath;
  /** Counts the requests that are being answered. */
  readonly open: AddressCount;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: those of limits.ts. */
  readonly limits?: BodyLimits;
}

/** Answers one request; never rejects. The client's `signal` aborts when it goes away or the server stops. */
export type HttpHandler = (
  request: Request,
  client: Client & { readonly signal: AbortSignal },
) => Promise<Response>;

/** The way of every HTTP request: request id, route, body limit, handler, errors as problem JSON. Web standards only. */
export function httpHandler(options: HttpOptions): HttpHandler {
  const { clock, random, logger, metrics, basePath, open, limits = defaultBodyLimits } = options;
  const router = new Router(options.routes);
  const requests = metrics.counter('housecount_http_requests_total', 'HTTP requests, by method and status.');
  const durations = metrics.histogram('housecount_http_request_seconds', 'Time to an answer.', buckets);

  return async (request, client) => {
    const startMs = clock.steadyMs();
    const requestId = random.id(16);
    // A Host header from outside may make an address that is none.
    const url = URL.parse(request.url);
    const path = url && withoutBase(basePath, url.pathname);
    if (url && path) url.pathname = path;
    // HEAD too is answered whole: the runtime sends the headers, length included, and lets the body go.
    const hasRoom = open.enter(client.address);
    const response = await (path === undefined
      ? new Response(null, { status: 308, headers: { location: `${basePath}/` } })
      : url
        ? answerTo(router, request, { ...client, url, requestId }, { hasRoom, clock, logger, limits })
        : problem('body_invalid', requestId, { detail: 'The address of the request is not valid.' }));
    open.leave(client.address);
    const tagged = tag(response, requestId);
    const { status } = tagged;
    requests.add(1, { method: known(request.method), status: String(status) });
    durations.observe((clock.steadyMs() - startMs) / 1_000);
    logger.debug('request', {
      requestId,
      method: known(request.method),
      path: url && loggedPath(url.pathname),
      status,
      address: client.address,
    });
    return tagged;
  };
}

async function answerTo(
  router: Router,
  request: Request,
  context: Omit<RequestContext, 'params'>,
  {
    hasRoom,
    clock,
    logger,
    limits,
  }: Pick<HttpOptions, 'clock' | 'logger'> & { readonly hasRoom: boolean; readonly limits: BodyLimits },
): Promise<Response> {
  const { requestId, url } = context;
  const match = router.match(request.method, url.pathname);
  switch (match.found) {
    case 'nothing':
      return problem('not_found', requestId);
    case 'bad-path':
      return refusal(match.route, requestId, 'query_invalid', 'The path has a broken percent-encoding.');
    case 'other-methods': {
      const answer = refusal(match.route, requestId, 'method_not_allowed');
      answer.headers.set('allow', match.allow.join(', '));
      return answer;
    }
  }
  if (!hasRoom && !match.route.isAlwaysAnswered) {
    return closing(refusal(match.route, requestId, 'too_many_connections'));
  }
  try {
    const limited = await withLimitedBody(request, {
      bytesMax: limits.bodyBytesMax,
      withinMs: limits.bodyMs,
      clock,
    });
    if (limited === 'too-large') return refusal(match.route, requestId, 'body_too_large');
    if (limited === 'too-slow')
      return closing(refusal(match.route, requestId, 'body_invalid', 'It took too long.'));
    if (limited === 'broken-off') return refusal(match.route, requestId, 'body_invalid', 'It broke off.');
    return await match.route.handle(limited, { ...context, params: match.params });
  } catch (cause) {
    if (cause instanceof HousecountError && cause.code !== 'internal') return problemOf(cause, requestId);
    // Nobody waits for it any more, or the server stops: whoever works on it was told so, and that is no failure.
    if (context.signal.aborted && cause === context.signal.reason) return problem('going_away', requestId);
    logger.error('a request could not be answered', {
      requestId,
      method: request.method,
      route: match.route.path,
      cause: cause instanceof Error ? cause.stack || `${cause.name}: ${cause.message}` : String(cause),
    });
    return problem('internal', requestId);
  }
}

/** The answer, after which the connection ends. */
function closing(answer: Response): Response {
  answer.headers.set('connection', 'close');
  return answer;
}

/** Makes a refusal that no handler makes, in the shape of the resource's other refusals. */
function refusal(route: Route, requestId: string, code: Code, detail?: string): Response {
  const error = new HousecountError(code, detail);
  return route.refuse?.(error, requestId) ?? problemOf(error, requestId);
}

function tag(response: Response, requestId: string): Response {
  try {
    response.headers.set('x-request-id', requestId);
    return response;
  } catch {
    // Headers of a response that came from elsewhere cannot be changed.
    const { status, statusText } = response;
    const headers = new Headers(response.headers);
    headers.set('x-request-id', requestId);
    return new Response(response.body, { status, statusText, headers });
  }
}

/** Methods are free text: those that no route has are one label. */
const known = (method: string): string => (methods.has(method) ? method : 'other');
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Seconds; requests for events wait up to 50. */
const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60];
