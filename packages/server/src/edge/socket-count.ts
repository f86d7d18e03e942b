import { limits } from '../limits.ts';

/** How many WebSockets are open, in all and by address, whatever they speak. */
export class SocketCount {
  readonly #addresses = new Map<string, number>();
  #open = 0;

  /** Counts one more; false if that is one too many. It is counted all the same, until it leaves. */
  enter(address: string): boolean {
    const fromAddress = (this.#addresses.get(address) ?? 0) + 1;
    this.#open += 1;
    this.#addresses.set(address, fromAddress);
    return this.#open <= limits.connectionsMax && fromAddress <= limits.connectionsPerAddressMax;
  }

  leave(address: string): void {
    const left = (this.#addresses.get(address) ?? 1) - 1;
    this.#open -= 1;
    if (left > 0) this.#addresses.set(address, left);
    else this.#addresses.delete(address);
  }
}
