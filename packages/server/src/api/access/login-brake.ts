import type { Clock } from '../../clock.ts';
import { limits as defaults, type LimitsOf } from '../../limits.ts';
import { holderOf } from '../../net/address/ip-address.ts';
import { TokenBuckets } from '../../net/token-buckets.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';

/**
 * Counts wrong logins by address (IPv6 by /64): `loginFailuresMax` at once, then one every `loginFailureMs`; beyond that
 * logins from there are refused unread. One that was right from there before is let through, so that a backend is not shut
 * out by somebody behind the same proxy.
 */
export class LoginBrake {
  readonly #logger: Logger;
  readonly #refused: ReturnType<Metrics['counter']>;
  readonly #wrong: TokenBuckets;
  readonly #addressesMax: number;
  /** Address and digest of logins that were right, in order of use. */
  readonly #right = new Set<string>();

  constructor({
    clock,
    logger,
    metrics,
    limits: { loginAddressesMax, loginFailureMs, loginFailuresMax } = defaults,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly metrics: Metrics;
    /** Default: those of limits.ts. */
    readonly limits?: LimitsOf<'loginAddressesMax' | 'loginFailureMs' | 'loginFailuresMax'>;
  }) {
    const rate = { perSecond: 1000 / loginFailureMs, burst: loginFailuresMax };
    this.#wrong = new TokenBuckets(clock, rate, loginAddressesMax);
    this.#addressesMax = loginAddressesMax;
    this.#logger = logger;
    this.#refused = metrics.counter(
      'housecount_logins_refused_total',
      'Logins of customers that were refused: wrong, or unread after too many wrong ones from the address.',
    );
  }

  /** May a login with this digest be looked at? If not, it is counted. */
  admits(address: string, digest: string): boolean {
    const holder = holderOf(address);
    if (this.#wrong.has(holder) || this.#right.has(keyOf(holder, digest))) return true;
    this.#refused.add(1, { why: 'braked' });
    return false;
  }

  wasRight(address: string, digest: string): void {
    const key = keyOf(holderOf(address), digest);
    this.#right.delete(key);
    this.#right.add(key);
    if (this.#right.size <= this.#addressesMax) return;
    const [oldest] = this.#right;
    if (oldest !== undefined) this.#right.delete(oldest);
  }

  wasWrong(address: string): void {
    const holder = holderOf(address);
    this.#wrong.spend(holder);
    this.#refused.add(1, { why: 'wrong' });
    this.#logger.warn('a login was refused: the customer id and secret do not match', {
      address,
      ...(!this.#wrong.has(holder) && { next: 'logins from there are refused unread for now' }),
    });
  }
}

const keyOf = (holder: string, digest: string) => `${holder} ${digest}`;
