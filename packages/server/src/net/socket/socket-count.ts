import { limits as defaults } from '../../limits.ts';
import { AddressCount } from '../address/address-count.ts';

/** Counts the open WebSockets, whatever they speak. */
export class SocketCount extends AddressCount {
  constructor(
    max: number = defaults.connectionsMax,
    perAddressMax: number = defaults.connectionsPerAddressMax,
  ) {
    super(max, perAddressMax);
  }
}
