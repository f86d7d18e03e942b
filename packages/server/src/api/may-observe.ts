import type { RequestContext } from '../edge/route.ts';
import { isFromThisMachine } from '../edge/this-machine.ts';
import { parseIp } from '../net/ip-address.ts';
import { contains, type Network } from '../net/network.ts';
import type { Authority } from './auth.ts';

/**
 * Who may read the numbers of the server and why it is not ready: this machine, the networks that the operator names, and
 * a customer who has every app, because the numbers are of all of them.
 */
export function mayObserve(authority: Pick<Authority, 'identify'>, networks: () => readonly Network[]) {
  return (request: Request, context: RequestContext): boolean => {
    if (isFromThisMachine(request.headers, context, context.url.host)) return true;
    const address = parseIp(context.address);
    if (address && networks().some((network) => contains(network, address))) return true;
    const caller = authority.identify(request, context);
    return caller !== undefined && caller.apps === undefined;
  };
}
