import { holderOf } from './ip-address.ts';

/** Counts something, in all and by the holder of the address, and tells whether that is too many. */
export class AddressCount {
  #max: number;
  #perAddressMax: number;
  readonly #holders = new Map<string, number>();
  #all = 0;

  constructor(max: number, perAddressMax: number) {
    this.#max = max;
    this.#perAddressMax = perAddressMax;
  }

  /** Other bounds, from the next one on; those who are in stay. */
  limit(max: number, perAddressMax: number): void {
    this.#max = max;
    this.#perAddressMax = perAddressMax;
  }

  get size(): number {
    return this.#all;
  }

  /** Counts one more; false if that is one too many. It is counted all the same, until it leaves. */
  enter(address: string): boolean {
    const holder = holderOf(address);
    const held = (this.#holders.get(holder) ?? 0) + 1;
    this.#all += 1;
    this.#holders.set(holder, held);
    return this.#all <= this.#max && held <= this.#perAddressMax;
  }

  leave(address: string): void {
    const holder = holderOf(address);
    const left = (this.#holders.get(holder) ?? 1) - 1;
    this.#all -= 1;
    if (left > 0) this.#holders.set(holder, left);
    else this.#holders.delete(holder);
  }
}
