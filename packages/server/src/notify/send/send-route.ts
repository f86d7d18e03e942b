import { parseIp } from '../../net/address/ip-address.ts';
import { endpointUrlProblem } from '../endpoint/endpoint.ts';
import type { Target } from './http-connection.ts';
import type { PrivateReach } from './transport.ts';

/** Routes remembered, by URL; the oldest goes first. */
export const routesMax = 1_024;
/** Addresses of one host that are tried; what a name has beyond them is left alone. */
export const waysMax = 16;

const answers = -1;

/** A checked address of a route, and the name under which its idle connections wait. */
export interface Way {
  readonly target: Target;
  readonly key: string;
}

/** The way to a URL: read once, not at every attempt (measured: a quarter of an attempt's CPU). */
export class SendRoute {
  /** Why nothing may be sent there, as a sentence; undefined if something may. */
  readonly problem: string | undefined;
  /** As the URL names it. */
  readonly hostname: string;
  /** The addresses, if the URL says them itself. */
  readonly literal: readonly string[] | undefined;
  /** Request line and first headers of every request. */
  readonly head: string;
  readonly #url: URL | undefined;
  readonly #mayConnect: (address: string) => boolean;
  readonly #ca: readonly string[] | undefined;
  #found: readonly string[] = [];
  #ways: readonly Way[] = [];
  /** The standing of each address: `answers`, or the number of the failure in which it did not answer; absent: nothing is known. */
  readonly #standing = new Map<string, number>();
  #failures = 0;

  constructor(
    url: string,
    options: {
      readonly allowPrivateNetwork: PrivateReach;
      readonly guard: (address: string, reach: PrivateReach) => boolean;
      readonly ca: readonly string[] | undefined;
    },
  ) {
    const { allowPrivateNetwork, guard, ca } = options;
    this.problem = endpointUrlProblem(url, allowPrivateNetwork !== false);
    const parsed = this.problem === undefined ? new URL(url) : undefined;
    this.#url = parsed;
    this.#mayConnect = (address) => guard(address, allowPrivateNetwork);
    this.#ca = ca;
    this.hostname = parsed?.hostname ?? '';
    this.literal = parseIp(this.hostname) && [this.hostname.replace(/^\[|\]$/g, '')];
    this.head = parsed
      ? `POST ${parsed.pathname}${parsed.search} HTTP/1.1\r\nHost: ${parsed.host}\r\nUser-Agent: Housecount\r\n`
      : '';
  }

  /**
   * Those of the addresses found that may be connected to, in the order to try: first the one that answered last, last
   * those that took a request and did not answer it. The same list is looked at once: it never changes.
   */
  ways(found: readonly string[]): readonly Way[] {
    if (this.#found !== found) {
      this.#found = found;
      for (const address of this.#standing.keys())
        if (!found.includes(address)) this.#standing.delete(address);
      this.#ways = found
        .filter(this.#mayConnect)
        .slice(0, waysMax)
        .map((address) => this.#way(address));
      this.#order();
    }
    return this.#ways;
  }

  /** It answers: it comes first from now on. */
  answered({ target }: Way): void {
    if (this.#standing.get(target.address) === answers) return;
    for (const [address, standing] of this.#standing)
      if (standing === answers) this.#standing.delete(address);
    this.#standing.set(target.address, answers);
    this.#order();
  }

  /** It took a request and did not answer: it comes last, until it answers again. */
  failed({ target }: Way): void {
    this.#failures += 1;
    this.#standing.set(target.address, this.#failures);
    this.#order();
  }

  #order(): void {
    const standingOf = ({ target }: Way) => this.#standing.get(target.address) ?? 0;
    this.#ways = this.#ways.toSorted((a, b) => standingOf(a) - standingOf(b));
  }

  #way(address: string): Way {
    const tls = this.#url?.protocol === 'https:';
    const given = this.#url?.port ?? '';
    const port = given === '' ? (tls ? 443 : 80) : Number(given);
    const host = this.hostname;
    return {
      target: { tls, host, address, port, ca: this.#ca },
      key: `${tls ? 's' : ''} ${host} ${address} ${port}`,
    };
  }
}

/** The routes in use. */
export class SendRoutes {
  readonly #options: Omit<ConstructorParameters<typeof SendRoute>[1], 'allowPrivateNetwork'>;
  readonly #known = new Map<PrivateReach, Map<string, SendRoute>>();

  constructor(options: Omit<ConstructorParameters<typeof SendRoute>[1], 'allowPrivateNetwork'>) {
    this.#options = options;
  }

  /** The networks that may be reached have changed: every address is judged anew. */
  forget(): void {
    this.#known.clear();
  }

  of(url: string, allowPrivateNetwork: PrivateReach): SendRoute {
    const known = this.#known.get(allowPrivateNetwork) ?? new Map<string, SendRoute>();
    this.#known.set(allowPrivateNetwork, known);
    let route = known.get(url);
    if (!route) {
      route = new SendRoute(url, { ...this.#options, allowPrivateNetwork });
      known.set(url, route);
      if (known.size > routesMax) {
        const oldest = known.keys().next();
        if (!oldest.done) known.delete(oldest.value);
      }
    }
    return route;
  }
}
