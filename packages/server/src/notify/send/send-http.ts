import type { Clock } from '../../clock.ts';
import { mayConnect } from '../../net/address/address-guard.ts';
import type { Network } from '../../net/address/network.ts';
import type { AnswerLimits } from './answer-parser.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Deadline, type Ending } from './deadline.ts';
import { type Answer, HttpConnection, SendFailure } from './http-connection.ts';
import { openFirst } from './open-first.ts';
import { guardWith } from './private-reach.ts';
import { type Lookup, machineLookup, Resolver } from './resolver.ts';
import { retryAfterMsOf } from './retry-after.ts';
import { type SendRoute, SendRoutes, type Way } from './send-route.ts';
import type { Send, SendOutcome, SendRequest } from './transport.ts';

export interface HttpSender {
  readonly send: Send;
  /** The named networks have changed: what was found to be in reach, or out of it, is forgotten. */
  forgetReach(): void;
  /** Closes idle connections; those in use close when their exchange ends. */
  close(): void;
}

/**
 * Sends notices over HTTP/1.1. The host is resolved here, refused addresses are left out, and the connection goes to
 * the very address that was checked, so that a name that resolves differently a moment later gains nothing. Redirects
 * are answers like any other, never followed; no proxy settings are read.
 */
export function createHttpSender(parts: {
  clock: Clock;
  lookup?: Lookup;
  /** Certificate authorities to trust instead of the machine's, PEM. */
  ca?: readonly string[];
  /** Opens a connection. Tests put a network of their own in its place. */
  open?: typeof HttpConnection.open;
  /** Which addresses may be connected to. Tests switch it off, to see that they would notice. */
  guard?: typeof mayConnect;
  /** Private networks that endpoints made over REST may reach; asked at each attempt. */
  named?: () => readonly Network[];
  /** Default: those of limits.ts. */
  limits?: AnswerLimits;
}): HttpSender {
  const {
    clock,
    lookup = machineLookup,
    ca,
    open = HttpConnection.open,
    guard = mayConnect,
    named = () => [],
    limits,
  } = parts;
  const tools: Tools = {
    resolver: new Resolver(clock, lookup),
    pool: new ConnectionPool(clock),
    open,
    clock,
    limits,
  };
  const routes = new SendRoutes({ guard: guardWith(named, guard), ca });
  return {
    send: async (request) => {
      const route = routes.of(request.url, request.allowPrivateNetwork);
      if (route.problem !== undefined) return { answered: false, stage: 'address', detail: route.problem };
      const deadline = new Deadline(clock, request.timeoutMs, request.signal);
      try {
        const { status, excerpt, retryAfter } = await sendTo(route, request, tools, deadline);
        const retryAfterMs =
          retryAfter === undefined ? undefined : retryAfterMsOf(retryAfter, clock.wallMs());
        if (retryAfterMs === undefined) return { answered: true, status, excerpt };
        return { answered: true, status, excerpt, retryAfterMs };
      } catch (error) {
        if (error instanceof SendFailure) return failed(error);
        throw error;
      } finally {
        deadline.release();
      }
    },
    forgetReach: () => routes.forget(),
    close: () => tools.pool.close(),
  };
}

interface Tools {
  readonly resolver: Resolver;
  readonly pool: ConnectionPool;
  readonly open: typeof HttpConnection.open;
  readonly clock: Clock;
  readonly limits: AnswerLimits | undefined;
}

async function sendTo(route: SendRoute, request: SendRequest, tools: Tools, ending: Ending): Promise<Answer> {
  const { hostname } = route;
  if (ending.aborted) throw new SendFailure('resolve', `${hostname} was not resolved in time`);
  const found = route.literal ?? tools.resolver.known(hostname) ?? (await resolve(hostname, tools, ending));
  const ways = route.ways(found);
  if (ways.length === 0)
    throw new SendFailure('address', `${hostname} is at ${found.join(', ')}, which is not allowed`);
  const text = requestText(route, request);
  const { way, connection, isKept } = await connect(route, ways, tools, ending);
  try {
    return await exchange(connection, way);
  } catch (error) {
    // The receiver closed it as we wrote. A notice may come twice anyway, so this is no new risk (RFC 9112 section 9.3.1).
    if (!isKept || !(error instanceof SendFailure && error.stale) || ending.aborted) throw error;
  }
  const fresh = await connect(route, ways, { ...tools, pool: undefined }, ending);
  return exchange(fresh.connection, fresh.way);

  async function exchange(on: HttpConnection, to: Way): Promise<Answer> {
    try {
      const answer = await on.exchange(text, ending, tools.limits);
      tools.pool.give(to.key, on);
      route.answered(to);
      return answer;
    } catch (error) {
      // One that takes requests and answers none would cost every attempt its time.
      if (!request.signal.aborted && !(error instanceof SendFailure && error.stale)) route.failed(to);
      throw error;
    }
  }
}

/** A connection that is kept for any of the addresses; else a new one, to the first address that has one. */
async function connect(
  route: SendRoute,
  ways: readonly Way[],
  { pool, open, clock, resolver }: Omit<Tools, 'pool'> & { readonly pool: ConnectionPool | undefined },
  ending: Ending,
): Promise<{ readonly way: Way; readonly connection: HttpConnection; readonly isKept: boolean }> {
  for (const way of ways) {
    const kept = pool?.take(way.key);
    if (kept) return { way, connection: kept, isKept: true };
  }
  try {
    return { ...(await openFirst(ways, { open, clock }, ending)), isKept: false };
  } catch (error) {
    resolver.forget(route.hostname);
    throw error;
  }
}

function resolve(host: string, { resolver }: Tools, ending: Ending): Promise<readonly string[]> {
  return new Promise((done, reject) => {
    const timeOut = () => reject(new SendFailure('resolve', `${host} was not resolved in time`));
    ending.addEventListener('abort', timeOut, { once: true });
    resolver
      .resolve(host)
      .then(done, () => reject(new SendFailure('resolve', `${host} cannot be resolved`)))
      .finally(() => ending.removeEventListener('abort', timeOut));
  });
}

function requestText({ head }: SendRoute, { headers, body }: SendRequest): string {
  let text = head;
  for (const name of Object.keys(headers)) text += `${name}: ${headers[name]}\r\n`;
  return `${text}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function failed({ stage, message }: SendFailure): SendOutcome {
  return { answered: false, stage, detail: message };
}
