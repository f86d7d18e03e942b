import type { AppSignalingLimitsOf } from '../../signaling-limits.ts';
import { type Rates, ratesUnder } from './rates.ts';

/** Budgets of the names that the server's owner publishes under. The names unused for longest are forgotten. */
export class OwnerRates {
  readonly #publishersMax: number;
  readonly #limitsOf: AppSignalingLimitsOf;
  readonly #rates = new Map<string, Rates>();

  constructor(publishersMax: number, limitsOf: AppSignalingLimitsOf) {
    this.#publishersMax = publishersMax;
    this.#limitsOf = limitsOf;
  }

  of(app: string, publisher: string): Rates {
    const key = `${app}/${publisher}`;
    const rates = ratesUnder(this.#limitsOf(app), this.#rates.get(key));
    this.#rates.delete(key);
    this.#rates.set(key, rates);
    const [oldest] = this.#rates.keys();
    if (this.#rates.size > this.#publishersMax && oldest !== undefined) this.#rates.delete(oldest);
    return rates;
  }
}
