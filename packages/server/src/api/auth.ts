import { createHash, timingSafeEqual } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import type { RequestContext } from '../edge/route.ts';
import { isLoopbackAddress, isLoopbackHost } from '../net/loopback.ts';
import type { Customer } from './customer.ts';
import type { ApiDeps } from './deps.ts';

/** Who asks, and what they may. */
export interface Caller extends Pick<Customer, 'apps' | 'role' | 'names'> {
  /** Id of the customer; undefined: the developer at this machine, who needs no login in development. */
  readonly customer: string | undefined;
}

const developer: Caller = { customer: undefined, apps: undefined, role: 'admin', names: true };

/** Decides who may use the REST API; the one place that does. */
export class Authority {
  readonly #deps: Pick<ApiDeps, 'customers' | 'development'>;
  readonly #digests = new WeakMap<Customer, Buffer>();

  constructor(deps: Pick<ApiDeps, 'customers' | 'development'>) {
    this.#deps = deps;
  }

  /** @throws HousecountError unauthorized */
  require(request: Request, context: RequestContext): Caller {
    const caller = this.identify(request, context);
    if (caller === undefined) throw new HousecountError('unauthorized');
    return caller;
  }

  /** Who asks, or undefined. Wrong credentials are nobody's, also on loopback. */
  identify(request: Request, context: RequestContext): Caller | undefined {
    const authorization = request.headers.get('authorization');
    if (authorization !== null) return this.#customerOf(authorization);
    return this.#deps.development && isFromThisMachine(request, context) ? developer : undefined;
  }

  #customerOf(authorization: string): Caller | undefined {
    // RFC 7617; the scheme is case-insensitive, and samples in the field send it in lower case.
    const encoded = /^basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization)?.[1];
    if (encoded === undefined) return undefined;
    const given = digest(Buffer.from(encoded, 'base64').toString('utf8'));
    // Every customer is compared, in constant time each: the answer's time tells nothing of which one is near.
    let found: Caller | undefined;
    for (const customer of this.#deps.customers)
      if (timingSafeEqual(this.#digestOf(customer), given)) found = callerOf(customer);
    return found;
  }

  /** Made once for each; a customer that is read anew is another object. */
  #digestOf(customer: Customer): Buffer {
    const known = this.#digests.get(customer) ?? digest(`${customer.id}:${customer.secret}`);
    this.#digests.set(customer, known);
    return known;
  }
}

const callerOf = ({ id, apps, role, names }: Customer): Caller => ({ customer: id, apps, role, names });

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * True if the request was made by something on this machine that may read the answer: the client is on loopback, the Host
 * it asked for is loopback too (a page that rebinds its name to 127.0.0.1 still sends its own name), no proxy stands
 * between, and no page of another site makes it.
 */
function isFromThisMachine(request: Request, context: RequestContext): boolean {
  const { headers, method } = request;
  const { address, isProxied } = context;
  if (isProxied || !isLoopbackAddress(address)) return false;
  const host = headers.get('host') ?? context.url.host;
  if (!isLoopbackHost(host)) return false;
  if (['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via'].some((name) => headers.has(name)))
    return false;
  if (headers.get('sec-fetch-site') === 'cross-site') return false;
  const origin = headers.get('origin');
  return safeMethods.includes(method) || origin === null || originHost(origin) === host;
}

const originHost = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : undefined);
