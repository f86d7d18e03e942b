import type { Clock } from '../../../clock.ts';
import { burstSeconds } from '../../../net/token-bucket.ts';
import { type AppSignalingLimitsOf, defaultAppSignalingLimits } from '../../signaling-limits.ts';
import { type Rates, ratesUnder } from './rates.ts';

interface Recent {
  readonly rates: Rates;
  readonly endedMs: number;
}

/**
 * Budgets of users whose session has ended: a new session goes on with them, or logging in again and again would be a
 * way around every rate. After the time of a burst the budget is full again, and there is nothing to remember.
 */
export class RecentRates {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #usersMax: number;
  readonly #limitsOf: AppSignalingLimitsOf;
  /** The rates by user, in the order in which their sessions ended. */
  readonly #ended = new Map<string, Recent>();

  constructor(
    clock: Pick<Clock, 'steadyMs'>,
    usersMax: number,
    limitsOf: AppSignalingLimitsOf = () => defaultAppSignalingLimits,
  ) {
    this.#limitsOf = limitsOf;
    this.#clock = clock;
    this.#usersMax = usersMax;
  }

  get size(): number {
    return this.#ended.size;
  }

  /** The rates that a user who begins a session goes on with. */
  of(app: string, userId: string): Rates {
    const user = `${app}/${userId}`;
    this.#forgetOld();
    const rates = ratesUnder(this.#limitsOf(app), this.#ended.get(user)?.rates);
    this.#ended.delete(user);
    return rates;
  }

  /** The user's session has ended. */
  keep(app: string, userId: string, rates: Rates): void {
    const user = `${app}/${userId}`;
    this.#ended.delete(user);
    this.#ended.set(user, { rates, endedMs: this.#clock.steadyMs() });
    this.#forgetOld();
  }

  #forgetOld(): void {
    const steadyMs = this.#clock.steadyMs();
    for (const [user, { endedMs }] of this.#ended) {
      if (steadyMs - endedMs < burstSeconds * 1000 && this.#ended.size <= this.#usersMax) return;
      this.#ended.delete(user);
    }
  }
}
