import { parseIp, unmapped } from './ip-address.ts';

/** Addresses that begin with the same bits. */
export interface Network {
  readonly prefix: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8`, or one address. Undefined if it is neither. A network of IPv4-mapped IPv6 addresses is the IPv4 one. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, more] = text.split('/');
  const prefix = parseIp(address);
  if (!prefix || more !== undefined || address.includes('%')) return undefined;
  const all = prefix.length * 8;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? all : Number(length);
  if (bits > all) return undefined;
  const inner = bits >= mappedBits ? unmapped(prefix) : prefix;
  return inner === prefix ? { prefix, bits } : { prefix: inner, bits: bits - mappedBits };
}

/** Does the address, 4 or 16 bytes, lie in the network? An IPv4-mapped IPv6 address lies where the IPv4 one does. */
export function contains({ prefix, bits }: Network, given: Uint8Array): boolean {
  const address = prefix.length === 4 ? unmapped(given) : given;
  if (address.length !== prefix.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (prefix[index] !== address[index]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((prefix[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask);
}

const mappedBits = 96;
