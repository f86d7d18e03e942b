import { batchBytesMax } from '@housecount/protocol';
import { type Notice, NoticeError } from './notice.ts';
import { parseNotices } from './parse-notice.ts';
import type { Roster } from './roster/roster.ts';
import { type NoticeHeaders, type VerifyOptions, verify } from './verify.ts';

export interface HandlerOptions extends VerifyOptions {
  /** The endpoint's secret, or several while you change it. */
  readonly secret: string | readonly string[];
  /** Takes each notice, of a batch all of them, before `onNotice` sees it. */
  readonly roster?: Roster;
  /** Called for each copy of each notice, in order, but not for the check of an endpoint. If it throws, the answer is 500 and the request comes again. */
  readonly onNotice?: (notice: Notice) => unknown;
  /** Called with the cause of each answer 500. Default: console.error. */
  readonly onError?: (error: unknown) => void;
  /** A longer body is answered 413; default 1,048,576 bytes, as much as a batch has. */
  readonly bodyBytesMax?: number;
}

/** The parts of node:http's request and response that are used. */
export interface NodeLikeRequest extends AsyncIterable<Uint8Array | string> {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}
export interface NodeLikeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}
/** The same with what body parsers leave behind. */
export interface ExpressLikeRequest extends NodeLikeRequest {
  readonly body?: unknown;
}
export type ExpressLikeResponse = NodeLikeResponse;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * A request listener for node:http, for notices in any format. Answers 200 once roster and callback are done, 401 without a good
 * signature, 400 for what is no notice (of a batch then none is taken), 405, 413, and 500 when roster or callback failed. Throws TypeError without a secret.
 */
export function nodeHandler(
  options: HandlerOptions,
): (request: NodeLikeRequest, response: NodeLikeResponse) => Promise<void> {
  const receive = receiver(options);
  return async (request, response) => {
    let body: Uint8Array | undefined;
    try {
      if (request.method === 'POST') body = await readBody(request, options);
    } catch {
      // The sender went away in the middle of the body: nobody is there to be answered.
      return;
    }
    send(response, request.method === 'POST' ? await receive(body, request.headers) : wrongMethod);
  };
}

/**
 * The same for Express and its like: reads the body itself, or takes the Buffer of `express.raw()`. A body that was parsed already has
 * lost the bytes that were signed; that is an error, given to `next`.
 */
export function expressHandler(
  options: HandlerOptions,
): (
  request: ExpressLikeRequest,
  response: ExpressLikeResponse,
  next: (error: unknown) => void,
) => Promise<void> {
  const receive = receiver(options);
  const read = nodeHandler(options);
  return async (request, response, next) => {
    const { body } = request;
    if (body instanceof Uint8Array || typeof body === 'string') {
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
      const fits = bytes.length <= (options.bodyBytesMax ?? bodyBytesMaxDefault);
      if (request.method !== 'POST') send(response, wrongMethod);
      else send(response, await receive(fits ? bytes : undefined, request.headers));
    } else if (
      body !== undefined &&
      typeof body === 'object' &&
      body !== null &&
      Object.keys(body).length > 0
    )
      next(
        new TypeError(
          'The body was parsed before the signature was checked: put this route before express.json().',
        ),
      );
    else await read(request, response);
  };
}

/** The same for fetch-style servers: Bun, Deno, Hono, workers. */
export function fetchHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  const receive = receiver(options);
  return async (request) => {
    const answer =
      request.method === 'POST'
        ? await receive(await readBody(chunksOf(request.body), options), request.headers)
        : wrongMethod;
    return new Response(answer.body, { status: answer.status, headers: jsonHeaders });
  };
}

const bodyBytesMaxDefault = batchBytesMax;
/** Room for a body at first, bytes; doubled when it is full. */
const bodyRoomMin = 4_096;
const jsonHeaders = { 'Content-Type': 'application/json' };
const wrongMethod = refusal(405, 'method_not_allowed');

/** `body` undefined: it was too long. */
function receiver(
  options: HandlerOptions,
): (body: Uint8Array | undefined, headers: NoticeHeaders) => Promise<Answer> {
  const { secret, roster, onNotice, onError = console.error } = options;
  if (typeof secret === 'string' ? secret === '' : !(secret?.length > 0))
    throw new TypeError('A handler needs the secret of the endpoint.');
  return async (body, headers) => {
    if (!body) return refusal(413, 'body_too_large');
    try {
      if (!(await verify(body, headers, secret, options))) return refusal(401, 'signature_invalid');
      const notices = parseNotices(body).filter(({ healthTest }) => !healthTest);
      if (roster) await takeAll(roster, notices);
      for (const notice of notices) await onNotice?.(notice);
      return { status: 200, body: '{}' };
    } catch (error) {
      if (error instanceof NoticeError) return refusal(400, 'notice_invalid');
      onError(error);
      return refusal(500, 'receiver_failed');
    }
  };
}

/**
 * Takes notices in order. Those of a channel that stand together share a save, so that a batch costs a store little more than a
 * notice. What is lost is asked for once what stands before it is in, and before what stands after it shows a hole. When some
 * fail, what the first of them threw is thrown at the end: the request comes again, and what was taken is then known.
 */
async function takeAll(roster: Roster, notices: readonly Notice[]): Promise<void> {
  const taking: Promise<unknown>[] = [];
  for (const notice of notices) {
    const isLost = notice.kind === 'events-lost';
    if (isLost) await Promise.allSettled(taking);
    taking.push(roster.take(notice));
    if (isLost) await Promise.allSettled(taking);
  }
  await Promise.allSettled(taking);
  await Promise.all(taking);
}

function refusal(status: number, code: string): Answer {
  return { status, body: JSON.stringify({ code }) };
}

function send(response: NodeLikeResponse, { status, body }: Answer): void {
  // The rest of a body that was too long is not read.
  response.writeHead(status, { ...jsonHeaders, ...(status === 413 && { Connection: 'close' }) });
  response.end(body);
}

/** undefined: longer than allowed; the rest is not read. */
async function readBody(
  chunks: AsyncIterable<Uint8Array | string>,
  { bodyBytesMax = bodyBytesMaxDefault }: HandlerOptions,
): Promise<Uint8Array | undefined> {
  // The body is kept as bytes: a piece of one byte would cost a hundred as an object, before anybody has shown a signature.
  let room = new Uint8Array(bodyRoomMin);
  let length = 0;
  const iterator = chunks[Symbol.asyncIterator]();
  // The iterator is driven by hand: `for await` would destroy the request at a break, and with it the way back for the answer.
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const part = typeof next.value === 'string' ? new TextEncoder().encode(next.value) : next.value;
    if (length + part.length > bodyBytesMax) return undefined;
    if (length + part.length > room.length) {
      const larger = new Uint8Array(Math.max(length + part.length, room.length * 2));
      larger.set(room.subarray(0, length));
      room = larger;
    }
    room.set(part, length);
    length += part.length;
  }
  return room.subarray(0, length);
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
}
