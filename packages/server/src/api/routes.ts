import { HousecountError } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import { limits as defaults } from '../limits.ts';
import type { Barrier } from '../log/contract/barrier.ts';
import type { RequestContext, Route } from '../net/http/route.ts';
import { checkAccess, needsLogin } from './access/access.ts';
import { type AccessRule, accessRules } from './access/access-rules.ts';
import type { Authority, Caller } from './access/auth.ts';
import { changesFromElsewhere } from './access/cross-site.ts';
import { withoutNames } from './access/names-hidden.ts';
import { type AgoraParts, agoraOperations } from './agora/operations.ts';
import { type IdempotencyLimits, openApiDocument } from './document/openapi.ts';
import { type NativeParts, nativeOperations } from './native/operations.ts';
import { type ExtraHeaders, jsonAnswer, textAnswer } from './request/answer.ts';
import type { AppList } from './request/apps.ts';
import { type EventStreamLimits, EventStreams } from './request/event-stream.ts';
import type { Idempotency, KeyedRequest } from './request/idempotency.ts';
import { keyOfHeader, replayedHeader } from './request/idempotency-key.ts';
import { readJsonBody } from './request/json-body.ts';
import type { AgoraStyle, Call, Operation } from './request/operation.ts';
import { RateLimits } from './request/rate-limits.ts';
import { agoraRefusal, refusal } from './request/refusal.ts';

/** The parts that the operations are made with, except those that they share among themselves. */
export type OperationParts = Omit<NativeParts, 'streams' | 'document'> &
  AgoraParts & {
    /** Default: those of limits.ts. */
    readonly limits?: IdempotencyLimits & EventStreamLimits;
  };

/** The parts that answer a request to any of them. */
interface AnswerParts extends AppList {
  readonly authority: Pick<Authority, 'require'>;
  readonly idempotency: Pick<Idempotency, 'once'>;
  readonly random: Pick<Random, 'id'>;
  readonly log: Barrier;
  readonly rates: RateLimits;
}

export type ApiParts = OperationParts & Omit<AnswerParts, 'rates'> & { readonly clock: Clock };

/** Every resource of the REST API: native under /v1, Agora-compatible under /dev and the ncs paths. */
export function apiRoutes(parts: ApiParts): readonly Route[] {
  const { apps, authority, idempotency, random, clock, log } = parts;
  const rates = new RateLimits(clock);
  const answering: AnswerParts = { apps, authority, idempotency, random, log, rates };
  return apiOperations(parts).map((operation) => ({
    method: operation.method,
    path: operation.path,
    handle: (request, context) => answer(operation, answering, request, context),
    ...(operation.style.kind === 'agora' && {
      refuse: (error: HousecountError) => agoraRefusal(error, { 'x-resource-id': random.id(16) }),
    }),
  }));
}

/** The operations behind the routes; the OpenAPI document is made of the same list. */
export function apiOperations(parts: OperationParts): readonly Operation[] {
  const operations: Operation[] = [];
  const { limits = defaults } = parts;
  const streams = new EventStreams(parts.clock, limits);
  const document = () => openApiDocument(operations, limits);
  operations.push(...nativeOperations({ ...parts, streams, document }), ...agoraOperations(parts));
  return operations;
}

async function answer(
  operation: Operation,
  parts: AnswerParts,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const { authority, rates, random } = parts;
  const { style } = operation;
  const headers: ExtraHeaders = style.kind === 'agora' ? { 'x-resource-id': random.id(16) } : {};
  const rule: AccessRule = accessRules[operation.id];
  try {
    if (changesFromElsewhere(request, context))
      throw new HousecountError('forbidden', 'A page of another site asks for it.');
    const caller = needsLogin(rule) ? authority.require(request, context) : undefined;
    if (style.kind === 'agora') rates.take(rateKey(caller, style), style.rate.perSecond);
    // Before the body is read, unless it is the body that names the app.
    const check = (body?: unknown) =>
      needsLogin(rule) && caller
        ? checkAccess(rule, caller, { apps: parts.apps(), style: style.kind, context, body })
        : undefined;
    const isNamedInBody = needsLogin(rule) && rule.app === 'body';
    let app = isNamedInBody ? undefined : check();
    const body = operation.body === undefined ? undefined : await readJsonBody(request);
    if (isNamedInBody) app = check(body);
    // What was acknowledged to anybody before is in the answer.
    if (operation.method === 'GET' && app !== undefined) await parts.log.barrier(app);
    const run = async () => {
      const value = await operation.handle({ request, context, body, caller });
      const isDone = operation.isDone?.(value) ?? true;
      // A stream is masked by its handler, line by line.
      const isMasked = caller?.names === false && !(value instanceof Response);
      return { value: isMasked ? withoutNames(value) : value, isDone };
    };
    const keyed = keyedRequest(operation, { request, context, body, caller });
    if (keyed) return await answerOnce(keyed, run, { ...parts, context, headers });
    const { value } = await run();
    return value instanceof Response ? value : jsonAnswer(200, value, headers);
  } catch (error) {
    if (!(error instanceof HousecountError) || error.code === 'internal') throw error;
    return refusal(error, style.kind, { request, context, headers });
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
  parts: Pick<AnswerParts, 'idempotency'> & {
    readonly context: RequestContext;
    readonly headers: ExtraHeaders;
  },
): Promise<Response> {
  const { idempotency, context, headers } = parts;
  const { status, body, isReplay } = await idempotency.once(
    keyed,
    async () => {
      const { value, isDone } = await run();
      if (value instanceof Response)
        return { status: value.status, body: await value.text(), isDone: value.ok && isDone };
      return { status: 200, body: JSON.stringify(value), isDone };
    },
    context.signal,
  );
  return textAnswer(status, body, { ...headers, ...(isReplay && { [replayedHeader]: 'true' }) });
}

const rateKey = (caller: Caller | undefined, style: AgoraStyle) =>
  `${style.rate.name} ${caller?.customer ?? ''}`;
