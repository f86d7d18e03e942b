import { lookup as systemLookup } from 'node:dns/promises';
import type { Clock } from '../../clock.ts';
import { parseIp } from '../../net/address/ip-address.ts';

/** All addresses of a host name, in the order to try. Rejects if there are none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * The machine's resolver. IPv4 first: on a machine whose IPv6 leads nowhere the first try is then the one that counts.
 * `localhost` is both loopback addresses (RFC 6761 section 6.3), whatever the machine's hosts file says: receivers listen
 * at either.
 */
export const machineLookup: Lookup = async (host) => {
  if (isLocalhost(host)) return ['127.0.0.1', '::1'];
  return (await systemLookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address);
};

const isLocalhost = (host: string) => /(^|\.)localhost\.?$/i.test(host);

/** An answer is used for this long, milliseconds, so that a busy endpoint does not ask per notice. Chosen. */
export const resolvedMs = 10_000;
/** Host names remembered; the oldest answer goes first. */
export const resolvedHostsMax = 1_024;

interface Remembered {
  readonly addresses: Promise<readonly string[]>;
  /** The same, once it is there. */
  known?: readonly string[];
  readonly untilMs: number;
}

/** Resolves host names, remembering answers briefly. What it gives is not vetted: callers check every address they use. */
export class Resolver {
  readonly #clock: Clock;
  readonly #lookup: Lookup;
  readonly #answers = new Map<string, Remembered>();

  constructor(clock: Clock, lookup: Lookup) {
    this.#clock = clock;
    this.#lookup = lookup;
  }

  /** `host` as a URL names it: an IP literal (brackets allowed) is its own answer. Rejects if it has no address. */
  resolve(host: string): Promise<readonly string[]> {
    if (parseIp(host)) return Promise.resolve([host.replace(/^\[|\]$/g, '')]);
    const known = this.#answers.get(host);
    if (known && known.untilMs > this.#clock.steadyMs()) return known.addresses;
    const addresses = this.#lookup(host);
    this.#answers.delete(host);
    const remembered: Remembered = { addresses, untilMs: this.#clock.steadyMs() + resolvedMs };
    this.#answers.set(host, remembered);
    // In step with others that ask now; a failure is asked again by the next.
    addresses.then(
      (found) => {
        remembered.known = found;
      },
      () => this.forget(host),
    );
    if (this.#answers.size > resolvedHostsMax) {
      const oldest = this.#answers.keys().next();
      if (!oldest.done) this.#answers.delete(oldest.value);
    }
    return addresses;
  }

  /** The answer of `resolve`, if it is known without waiting: the same list for as long as the answer is used. */
  known(host: string): readonly string[] | undefined {
    const answer = this.#answers.get(host);
    return answer && answer.untilMs > this.#clock.steadyMs() ? answer.known : undefined;
  }

  /** The host's addresses did not answer: ask anew next time. */
  forget(host: string): void {
    this.#answers.delete(host);
  }
}
