import type { Client } from './client.ts';
import { isLoopbackAddress, isLoopbackHost } from './loopback.ts';

/** Headers that a proxy adds, trusted or not. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * True if something on this machine made the request: the client is on loopback, the host it asked for is loopback too (a
 * page that rebinds its name to 127.0.0.1 still sends its own name), and no proxy stands between. Whether a page of
 * another site made it is a question of its own.
 */
export function isFromThisMachine(
  headers: Headers,
  { address, isProxied }: Pick<Client, 'address' | 'isProxied'>,
  host: string,
): boolean {
  if (isProxied || !isLoopbackAddress(address)) return false;
  if (!isLoopbackHost(headers.get('host') ?? host)) return false;
  return !proxyHeaders.some((name) => headers.has(name));
}

/**
 * The same of a client of the media and signaling protocols. Its page may be of another server on this machine, as while an app
 * is developed; a page of the internet in this machine's browser is not at this machine.
 */
export function isClientHere(request: Request, client: Pick<Client, 'address' | 'isProxied'>): boolean {
  const host = URL.parse(request.url)?.host ?? '';
  if (!isFromThisMachine(request.headers, client, host)) return false;
  const origin = request.headers.get('origin');
  return origin === null || isLoopbackHost(URL.parse(origin)?.host ?? '');
}
