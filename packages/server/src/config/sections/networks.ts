import { isLoopbackHost } from '../../net/address/loopback.ts';
import { type Network, parseNetwork } from '../../net/address/network.ts';
import { list, type Source, text } from '../../settings/reader.ts';
import type { Config } from '../config.ts';

export function readNetworks(source: Source): readonly Network[] {
  const expected = 'an address or a network, like 127.0.0.1 or 10.0.0.0/8';
  return list(source, (item) => {
    const written = text(item, expected, (value) => parseNetwork(value) !== undefined);
    return parseNetwork(written) ?? { prefix: new Uint8Array(4), bits: 32 };
  });
}

/** Reads the networks that endpoints may be in. In development, and only on loopback, receivers on this machine are meant: whoever asks is at it. */
export function readEndpointNetworks(
  source: Source,
  { host }: Config['listen'],
  isDevelopment: boolean,
): readonly Network[] {
  if (source.value === undefined && isDevelopment && isLoopbackHost(host))
    return ['127.0.0.0/8', '::1'].flatMap((text) => parseNetwork(text) ?? []);
  return readNetworks(source);
}
