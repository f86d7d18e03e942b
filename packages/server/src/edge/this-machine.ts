import { isLoopbackAddress, isLoopbackHost } from '../net/loopback.ts';
import type { Client } from './client.ts';

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
