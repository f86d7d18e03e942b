import { canonicalIp, parseIp } from './ip-address.ts';
import { contains, type Network } from './network.ts';

/** The client that made a request, as far as it can be known. This is the only place that decides it: rules, budgets, counts and logs take it from here. */
export interface Client {
  /** In canonical form (net/address/ip-address.ts), so that equal addresses are equal texts. Empty if the peer is gone already. */
  readonly address: string;
  /** A trusted proxy stood between. Such a client is never at this machine, whatever its address. */
  readonly isProxied: boolean;
  /** Scheme and host that the client asked for, like `https://show.example.com`; undefined if they make no URL. */
  readonly origin: string | undefined;
}

export interface ProxyTrust {
  /** Peers whose headers are believed; nobody's, if it is empty. */
  readonly proxies: readonly Network[];
  /**
   * The header that these proxies write. A client can send the other one through a proxy that does not know it. `auto`:
   * X-Forwarded-For, and Forwarded where there is none.
   */
  readonly header: 'auto' | 'x-forwarded-for' | 'forwarded';
}

export const nobodyTrusted: ProxyTrust = { proxies: [], header: 'auto' };

/** Decides who the client is, from the connection's peer and the request's headers. */
export type ReadClient = (
  peer: string | undefined,
  request: { readonly url: string; readonly headers: Headers },
) => Client;

/**
 * Reads who made a request. Each trusted hop is asked for the one before it, from the nearest on: what a client wrote into
 * the header itself stands further left than what the first trusted proxy wrote of it, and is never reached. `onUntrusted`
 * is told of peers that send such headers and are not trusted.
 */
export function clientReader(trust: ProxyTrust, onUntrusted: (peer: string) => void = () => {}): ReadClient {
  const isTrusted = (address: string) => {
    const bytes = parseIp(address);
    return bytes !== undefined && trust.proxies.some((network) => contains(network, bytes));
  };
  return (peer, { url, headers }) => {
    const address = canonicalIp(peer ?? '');
    if (trust.proxies.length === 0 || !isTrusted(address)) {
      if (headers.has('x-forwarded-for') || headers.has('forwarded')) onUntrusted(address);
      return { address, isProxied: false, origin: originOf(url) };
    }
    const hops = usesForwarded(trust, headers) ? forwardedHops(headers) : commonHops(headers);
    let client = address;
    let asked: Hop = {};
    for (const hop of hops) {
      asked = hop;
      // A proxy that does not say whom it serves (`unknown`, `_hidden`) speaks for all of them.
      if (hop.address === undefined) break;
      client = hop.address;
      if (!isTrusted(client)) break;
    }
    return { address: client, isProxied: true, origin: originOf(url, asked) };
  };
}

/** A hop as a proxy names it: who asked it, and for which scheme and host. */
interface Hop {
  readonly address?: string;
  readonly scheme?: string;
  readonly host?: string;
}

const usesForwarded = ({ header }: ProxyTrust, headers: Headers): boolean =>
  header === 'forwarded' ||
  (header === 'auto' && !headers.has('x-forwarded-for') && headers.has('forwarded'));

/** X-Forwarded-For, with X-Forwarded-Proto and X-Forwarded-Host, which have one value as a rule, and else one for each hop. */
function* commonHops(headers: Headers): Generator<Hop> {
  const list = (name: string) => [...fromTheRight(headers.get(name) ?? '', ',')];
  const schemes = list('x-forwarded-proto');
  const hosts = list('x-forwarded-host');
  let place = 0;
  const hop = (text?: string): Hop => ({
    ...(text !== undefined && hopAddress(text)),
    scheme: schemes[place] ?? schemes.at(-1),
    host: hosts[place] ?? hosts.at(-1),
  });
  for (const text of fromTheRight(headers.get('x-forwarded-for') ?? '', ',')) {
    yield hop(text);
    place++;
  }
  if (place === 0) yield hop();
}

/** Forwarded (RFC 7239): a list of hops, each with parameters. */
function* forwardedHops(headers: Headers): Generator<Hop> {
  for (const element of fromTheRight(headers.get('forwarded') ?? '', ',')) {
    const parameters = new Map<string, string>();
    for (const pair of fromTheRight(element, ';')) {
      const [, name = '', quoted, plain = ''] = /^([\w-]+)=(?:"(.*)"|(.*))$/.exec(pair) ?? [];
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain);
    }
    yield {
      ...hopAddress(parameters.get('for') ?? ''),
      scheme: parameters.get('proto'),
      host: parameters.get('host'),
    };
  }
}

/** Addresses come bare, in brackets, and with a port. */
function hopAddress(text: string): { address?: string } {
  const bare = /^\[([^\]]*)\](?::\w*)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return parseIp(bare) ? { address: canonicalIp(bare) } : {};
}

/**
 * The parts of a list, last first, those that are empty left out. Quotes are counted from the right too: one that a client
 * left open cannot swallow what a proxy wrote after it.
 */
function* fromTheRight(text: string, separator: ',' | ';'): Generator<string> {
  let end = text.length;
  let isQuoted = false;
  for (let index = text.length - 1; index >= -1; index--) {
    if (text[index] === '"' && text[index - 1] !== '\\') isQuoted = !isQuoted;
    if (index >= 0 && (isQuoted || text[index] !== separator)) continue;
    const part = text.slice(index + 1, end).trim();
    end = index;
    if (part !== '') yield part;
  }
}

function originOf(url: string, { scheme, host }: Hop = {}): string | undefined {
  const own = URL.parse(url);
  const told = /^https?$/i.test(scheme ?? '') ? `${scheme?.toLowerCase()}:` : own?.protocol;
  return URL.parse(`${told}//${host ?? own?.host}`)?.origin;
}
