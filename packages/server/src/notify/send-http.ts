import type { Clock } from '../clock.ts';
import { mayConnect } from './address-guard.ts';
import { ConnectionPool } from './connection-pool.ts';
import { endpointUrlProblem } from './endpoint.ts';
import { type Answer, HttpConnection, SendFailure, type Target } from './http-connection.ts';
import { type Lookup, machineLookup, Resolver } from './resolver.ts';
import { retryAfterMsOf } from './retry-after.ts';
import type { Send, SendOutcome, SendRequest } from './transport.ts';

export interface HttpSender {
  readonly send: Send;
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
}): HttpSender {
  const { clock, lookup = machineLookup, ca, open = HttpConnection.open, guard = mayConnect } = parts;
  const resolver = new Resolver(clock, lookup);
  const pool = new ConnectionPool(clock);
  return {
    send: async (request) => {
      const problem = endpointUrlProblem(request.url, request.allowPrivateNetwork);
      if (problem) return failed(new SendFailure('address', problem));
      const deadline = new AbortController();
      const end = () => deadline.abort();
      const cancelTimer = clock.after(request.timeoutMs, end);
      request.signal.addEventListener('abort', end, { once: true });
      if (request.signal.aborted) end();
      try {
        const { retryAfter, ...answer } = await sendTo(request, {
          resolver,
          pool,
          ca,
          open,
          guard,
          signal: deadline.signal,
        });
        const retryAfterMs = retryAfter === undefined ? undefined : retryAfterMsOf(retryAfter, clock.nowMs());
        return { answered: true, ...answer, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      } catch (error) {
        if (error instanceof SendFailure) return failed(error);
        throw error;
      } finally {
        cancelTimer();
        request.signal.removeEventListener('abort', end);
      }
    },
    close: () => pool.close(),
  };
}

interface Tools {
  readonly resolver: Resolver;
  readonly pool: ConnectionPool;
  readonly ca: readonly string[] | undefined;
  readonly open: typeof HttpConnection.open;
  readonly guard: typeof mayConnect;
  readonly signal: AbortSignal;
}

async function sendTo(request: SendRequest, tools: Tools): Promise<Answer> {
  const url = new URL(request.url);
  const found = await resolve(url.hostname, tools);
  const addresses = found.filter((address) => tools.guard(address, request.allowPrivateNetwork));
  if (addresses.length === 0)
    throw new SendFailure('address', `${url.hostname} is at ${found.join(', ')}, which is not allowed`);
  const tls = url.protocol === 'https:';
  const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
  const text = requestText(url, request);
  let failure = new SendFailure('connect', 'no address');
  for (const address of addresses) {
    try {
      return await exchange({ tls, host: url.hostname, address, port, ca: tools.ca }, text, tools);
    } catch (error) {
      // Nothing was sent to an address that cannot be connected to: the next one may do.
      if (!(error instanceof SendFailure) || error.stage !== 'connect' || tools.signal.aborted) throw error;
      failure = error;
    }
  }
  tools.resolver.forget(url.hostname);
  throw failure;
}

async function exchange(target: Target, text: string, { pool, open, signal }: Tools): Promise<Answer> {
  const key = `${target.tls ? 's' : ''} ${target.host} ${target.address} ${target.port}`;
  const kept = pool.take(key);
  if (kept) {
    try {
      return await exchangeOn(kept, key, text, pool, signal);
    } catch (error) {
      // The receiver closed it as we wrote. A notice may come twice anyway, so this is no new risk (RFC 9112 section 9.3.1).
      if (!(error instanceof SendFailure && error.stale) || signal.aborted) throw error;
    }
  }
  return exchangeOn(await open(target, signal), key, text, pool, signal);
}

async function exchangeOn(
  connection: HttpConnection,
  key: string,
  text: string,
  pool: ConnectionPool,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await connection.exchange(text, signal);
  pool.give(key, connection);
  return answer;
}

function resolve(host: string, { resolver, signal }: Tools): Promise<readonly string[]> {
  return new Promise((done, reject) => {
    const timeOut = () => reject(new SendFailure('resolve', `${host} was not resolved in time`));
    if (signal.aborted) return timeOut();
    signal.addEventListener('abort', timeOut, { once: true });
    resolver
      .resolve(host)
      .then(done, () => reject(new SendFailure('resolve', `${host} cannot be resolved`)))
      .finally(() => signal.removeEventListener('abort', timeOut));
  });
}

function requestText(url: URL, request: SendRequest): string {
  let head = `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: Housecount\r\n`;
  for (const [name, value] of Object.entries(request.headers)) head += `${name}: ${value}\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(request.body)}\r\n\r\n${request.body}`;
}

function failed({ stage, message }: SendFailure): SendOutcome {
  return { answered: false, stage, detail: message };
}
