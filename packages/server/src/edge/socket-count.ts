import { limits } from '../limits.ts';
import { holderOf } from '../net/ip-address.ts';

/** How many WebSockets are open, in all and by who holds their address, whatever they speak. */
export class SocketCount {
  readonly #holders = new Map<string, number>();
  #open = 0;

  /** Counts one more; false if that is one too many. It is counted all the same, until it leaves. */
  enter(address: string): boolean {
    const holder = holderOf(address);
    const held = (this.#holders.get(holder) ?? 0) + 1;
    this.#open += 1;
    this.#holders.set(holder, held);
    return this.#open <= limits.connectionsMax && held <= limits.connectionsPerAddressMax;
  }

  leave(address: string): void {
    const holder = holderOf(address);
    const left = (this.#holders.get(holder) ?? 1) - 1;
    this.#open -= 1;
    if (left > 0) this.#holders.set(holder, left);
    else this.#holders.delete(holder);
  }
}
