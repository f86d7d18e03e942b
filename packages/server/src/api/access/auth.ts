import { createHash, timingSafeEqual } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import { isFromThisMachine } from '../../net/address/this-machine.ts';
import type { RequestContext } from '../../net/http/route.ts';
import { changesFromElsewhere } from './cross-site.ts';
import type { Customer } from './customer.ts';
import type { LoginBrake } from './login-brake.ts';

/** The caller of a request, and what they may do. */
export interface Caller extends Pick<Customer, 'apps' | 'role' | 'names'> {
  /** Id of the customer; undefined: the developer at this machine, who needs no login in development. */
  readonly customer: string | undefined;
}

const developer: Caller = { customer: undefined, apps: undefined, role: 'admin', names: true };

/** The customers who may log in, read at each request. */
export interface AuthorityOptions {
  readonly customers: readonly Customer[];
  /** The public development app runs: no login from this machine. */
  readonly development: boolean;
  readonly brake: Pick<LoginBrake, 'admits' | 'wasRight' | 'wasWrong'>;
}

/** Decides who asks; the one place that does. */
export class Authority {
  readonly #options: AuthorityOptions;
  readonly #digests = new WeakMap<Customer, Buffer>();

  constructor(options: AuthorityOptions) {
    this.#options = options;
  }

  /** @throws HousecountError unauthorized, rate_limited */
  require(request: Request, context: RequestContext): Caller {
    const caller = this.identify(request, context);
    if (caller !== undefined) return caller;
    const isGiven = request.headers.has('authorization');
    throw new HousecountError('unauthorized', isGiven ? 'Those that were given do not match.' : undefined);
  }

  /** Finds the caller, or undefined. Wrong credentials are nobody's, also on loopback. @throws HousecountError rate_limited */
  identify(request: Request, context: RequestContext): Caller | undefined {
    const authorization = request.headers.get('authorization');
    if (authorization !== null) return this.#customerOf(authorization, context.address);
    return this.#options.development && isDevelopersOwn(request, context) ? developer : undefined;
  }

  #customerOf(authorization: string, address: string): Caller | undefined {
    // RFC 7617; the scheme is case-insensitive, and samples in the field send it in lower case.
    const encoded = /^basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization)?.[1];
    if (encoded === undefined) return undefined;
    const given = digest(Buffer.from(encoded, 'base64').toString('utf8'));
    const { customers, brake } = this.#options;
    if (!brake.admits(address, given.toString('base64')))
      throw new HousecountError('rate_limited', 'Too many wrong logins from this address.');
    // Every customer is compared, in constant time each: the answer's time tells nothing of which one is near.
    let found: Caller | undefined;
    for (const customer of customers)
      if (timingSafeEqual(this.#digestOf(customer), given)) found = callerOf(customer);
    if (found) brake.wasRight(address, given.toString('base64'));
    else brake.wasWrong(address);
    return found;
  }

  /** The digest of a customer's login, made once for each; a customer that is read anew is another object. */
  #digestOf(customer: Customer): Buffer {
    const known = this.#digests.get(customer) ?? digest(`${customer.id}:${customer.secret}`);
    this.#digests.set(customer, known);
    return known;
  }
}

const callerOf = ({ id, apps, role, names }: Customer): Caller => ({ customer: id, apps, role, names });

const digest = (text: string) => createHash('sha256').update(text).digest();

/** True when the request comes from this machine, and no page of another site makes it, which would be given what it asks for. */
function isDevelopersOwn(request: Request, context: RequestContext): boolean {
  if (!isFromThisMachine(request.headers, context, context.url.host)) return false;
  return request.headers.get('sec-fetch-site') !== 'cross-site' && !changesFromElsewhere(request, context);
}
