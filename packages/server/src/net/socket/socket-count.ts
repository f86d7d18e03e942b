import { limits } from '../../limits.ts';
import { AddressCount } from '../address/address-count.ts';

/** How many WebSockets are open, whatever they speak. */
export class SocketCount extends AddressCount {
  constructor(max: number = limits.connectionsMax, perAddressMax: number = limits.connectionsPerAddressMax) {
    super(max, perAddressMax);
  }
}
