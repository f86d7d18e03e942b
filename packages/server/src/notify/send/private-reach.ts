import { mayConnect } from '../../net/address/address-guard.ts';
import { parseIp } from '../../net/address/ip-address.ts';
import { contains, type Network } from '../../net/address/network.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { managedIdPrefix } from '../endpoint/endpoint-store.ts';
import type { PrivateReach } from './transport.ts';

/**
 * Which private networks notices of an endpoint may go to. Whoever writes the configuration file may say so of each of its
 * endpoints; whoever makes one over REST may only ask for the networks that the operator has named.
 */
export function privateReachOf({
  id,
  allowPrivateNetwork,
}: Pick<Endpoint, 'id' | 'allowPrivateNetwork'>): PrivateReach {
  return allowPrivateNetwork && id.startsWith(managedIdPrefix) ? 'named' : allowPrivateNetwork;
}

/** The guard of addresses, where `named` are the networks that the operator has named by now. */
export function guardWith(
  named: () => readonly Network[],
  guard: (address: string, allowPrivateNetwork: boolean) => boolean = mayConnect,
): (address: string, reach: PrivateReach) => boolean {
  return (address, reach) => guard(address, reach === 'named' ? isNamed(named(), address) : reach);
}

function isNamed(named: readonly Network[], address: string): boolean {
  const bytes = parseIp(address);
  return bytes !== undefined && named.some((network) => contains(network, bytes));
}
