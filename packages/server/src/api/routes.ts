import { type Code, codes, HousecountError } from '@housecount/protocol';
import { problemOf } from '../net/http/problem.ts';
import type { RequestContext, Route } from '../net/http/route.ts';
import { checkAccess, needsLogin } from './access/access.ts';
import { type AccessRule, accessRules } from './access/access-rules.ts';
import type { Caller } from './access/auth.ts';
import { changesFromElsewhere } from './access/cross-site.ts';
import { withoutNames } from './access/names-hidden.ts';
import { agoraOperations } from './agora/operations.ts';
import type { ApiDeps } from './deps.ts';
import { openApiDocument } from './document/openapi.ts';
import { nativeOperations } from './native/operations.ts';
import { EventStreams } from './request/event-stream.ts';
import type { KeyedRequest } from './request/idempotency.ts';
import { keyOfHeader, replayedHeader } from './request/idempotency-key.ts';
import { readJsonBody } from './request/json-body.ts';
import type { AgoraStyle, Call, Operation } from './request/operation.ts';
import { RateLimits } from './request/rate-limits.ts';

/** Every resource of the REST API: native under /v1, Agora-compatible under /dev and the ncs paths. */
export function apiRoutes(deps: ApiDeps): readonly Route[] {
  const limits = new RateLimits(deps.clock);
  return apiOperations(deps).map((operation) => ({
    method: operation.method,
    path: operation.path,
    handle: (request, context) => answer(operation, { deps, limits }, request, context),
    ...(operation.style.kind === 'agora' && {
      refuse: (error: HousecountError) => agoraRefusal(error, { 'x-resource-id': deps.random.id(16) }),
    }),
  }));
}

/** The operations behind the routes; the OpenAPI document is made of the same list. */
export function apiOperations(deps: ApiDeps): readonly Operation[] {
  const streams = new EventStreams(deps.clock);
  const operations: Operation[] = [];
  const document = () => openApiDocument(operations);
  operations.push(...nativeOperations({ deps, streams, document }), ...agoraOperations(deps));
  return operations;
}

interface Parts {
  readonly deps: ApiDeps;
  readonly limits: RateLimits;
}

async function answer(
  operation: Operation,
  { deps, limits }: Parts,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const { style } = operation;
  const headers: Readonly<Record<string, string>> =
    style.kind === 'agora' ? { 'x-resource-id': deps.random.id(16) } : {};
  const rule: AccessRule = accessRules[operation.id];
  try {
    if (changesFromElsewhere(request, context))
      throw new HousecountError('forbidden', 'A page of another site asks for it.');
    const caller = needsLogin(rule) ? deps.authority.require(request, context) : undefined;
    if (style.kind === 'agora') limits.take(rateKey(caller, style), style.rate.perSecond);
    // Before the body is read, unless it is the body that names the app.
    const check = (body?: unknown) => {
      if (needsLogin(rule) && caller) checkAccess(rule, caller, { deps, style: style.kind, context, body });
    };
    const isNamedInBody = needsLogin(rule) && rule.app === 'body';
    if (!isNamedInBody) check();
    const body = operation.body === undefined ? undefined : await readJsonBody(request);
    if (isNamedInBody) check(body);
    const run = async () => {
      const value = await operation.handle({ request, context, body, caller });
      const isDone = operation.isDone?.(value) ?? true;
      // A stream is masked by its handler, line by line.
      const isMasked = caller?.names === false && !(value instanceof Response);
      return { value: isMasked ? withoutNames(value) : value, isDone };
    };
    const keyed = keyedRequest(operation, { request, context, body, caller });
    if (keyed) return await answerOnce(keyed, run, { deps, context, headers });
    const { value } = await run();
    return value instanceof Response ? value : json(200, value, headers);
  } catch (error) {
    if (!(error instanceof HousecountError) || error.code === 'internal') throw error;
    return refusal(error, style.kind, request, context, headers);
  }
}

/** The request as one that is to be done once: a POST with a key; undefined for any other. */
function keyedRequest(operation: Operation, call: Call): KeyedRequest | undefined {
  if (operation.method !== 'POST') return undefined;
  const ofHeader = keyOfHeader(call.request.headers);
  const ofBody = operation.idempotencyKeyOf?.(call.body);
  const key = ofHeader ?? ofBody;
  if (key === undefined) return undefined;
  if (ofBody !== undefined && ofBody !== key)
    throw new HousecountError('header_invalid', 'Idempotency-Key is not the key in the body.');
  const { caller, context, body } = call;
  return {
    place: JSON.stringify([caller?.customer, operation.id, Object.entries(context.params), key]),
    content: JSON.stringify([context.url.search, body]),
    // Clients that send the key in the body were always answered as the first one was.
    waits: ofHeader === undefined,
  };
}

async function answerOnce(
  keyed: KeyedRequest,
  run: () => Promise<{ readonly value: unknown; readonly isDone: boolean }>,
  { deps, context, headers }: Pick<Parts, 'deps'> & { context: RequestContext; headers: ExtraHeaders },
): Promise<Response> {
  const { status, body, isReplay } = await deps.idempotency.once(
    keyed,
    async () => {
      const { value, isDone } = await run();
      if (value instanceof Response)
        return { status: value.status, body: await value.text(), isDone: value.ok && isDone };
      return { status: 200, body: JSON.stringify(value), isDone };
    },
    context.signal,
  );
  return jsonText(status, body, { ...headers, ...(isReplay && { [replayedHeader]: 'true' }) });
}

type ExtraHeaders = Readonly<Record<string, string>>;

const rateKey = (caller: Caller | undefined, style: AgoraStyle) =>
  `${style.rate.name} ${caller?.customer ?? ''}`;

/** Words that clients of the Agora API know (spec: rest, sections 1 and 3.4). */
const agoraMessages: Partial<Record<Code, string>> = {
  invalid_app_id: 'invalid appid',
  not_found: 'rule not found',
};

/** Natively as everywhere on this server; `{message}` in the Agora shape. */
function refusal(
  error: HousecountError,
  kind: Operation['style']['kind'],
  request: Request,
  context: RequestContext,
  headers: Readonly<Record<string, string>>,
): Response {
  const { code } = error;
  const { http } = codes[code];
  const native = problemOf(error, context.requestId);
  const answer = kind === 'native' ? native : agoraRefusal(error, headers);
  const retryAfter = native.headers.get('retry-after');
  if (retryAfter !== null) answer.headers.set('retry-after', retryAfter);
  if (http === 401 && !isScript(request)) answer.headers.set('www-authenticate', 'Basic realm="housecount"');
  return answer;
}

function agoraRefusal(
  { code, message }: HousecountError,
  headers: Readonly<Record<string, string>>,
): Response {
  const { http } = codes[code];
  const told = agoraMessages[code] ?? (http >= 500 ? codes[code].message : message);
  return json(http, { message: told, code }, headers);
}

/** A page's own fetch: the challenge would make the browser open its login box over the page's. */
const isScript = (request: Request) => request.headers.get('sec-fetch-dest') === 'empty';

const json = (status: number, value: unknown, headers: ExtraHeaders) =>
  jsonText(status, JSON.stringify(value), headers);

function jsonText(status: number, text: string, headers: ExtraHeaders): Response {
  return new Response(text, {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}
