import { Rates } from './rates.ts';

/** Budgets of the names that the server's owner publishes under. The names unused for longest are forgotten. */
export class OwnerRates {
  readonly #publishersMax: number;
  readonly #rates = new Map<string, Rates>();

  constructor(publishersMax: number) {
    this.#publishersMax = publishersMax;
  }

  of(app: string, publisher: string): Rates {
    const key = `${app}/${publisher}`;
    const rates = this.#rates.get(key) ?? new Rates();
    this.#rates.delete(key);
    this.#rates.set(key, rates);
    const [oldest] = this.#rates.keys();
    if (this.#rates.size > this.#publishersMax && oldest !== undefined) this.#rates.delete(oldest);
    return rates;
  }
}
