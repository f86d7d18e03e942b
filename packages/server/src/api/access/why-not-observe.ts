import { parseIp } from '../../net/address/ip-address.ts';
import { contains, type Network } from '../../net/address/network.ts';
import { isFromThisMachine } from '../../net/address/this-machine.ts';
import type { RequestContext } from '../../net/http/route.ts';
import type { Authority } from './auth.ts';

/**
 * Decides who may read the numbers of the server and why it is not ready: this machine, the networks that the operator names, and
 * a customer who has every app, because the numbers are of all of them. Returns the reason why not, or nothing.
 */
export function whyNotObserve(authority: Pick<Authority, 'identify'>, networks: () => readonly Network[]) {
  return (request: Request, context: RequestContext): 'unauthorized' | 'forbidden' | undefined => {
    if (isFromThisMachine(request.headers, context, context.url.host)) return undefined;
    const address = parseIp(context.address);
    if (address && networks().some((network) => contains(network, address))) return undefined;
    const caller = authority.identify(request, context);
    if (caller === undefined) return 'unauthorized';
    return caller.apps === undefined ? undefined : 'forbidden';
  };
}
