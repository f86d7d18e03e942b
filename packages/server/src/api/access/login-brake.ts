import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { holderOf } from '../../net/address/ip-address.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Counts wrong logins by address (IPv6 by /64): `loginFailuresMax` at once, then one every `loginFailureMs`; beyond that
 * logins from there are refused unread. One that was right from there before is let through, so that a backend is not shut
 * out by somebody behind the same proxy.
 */
export class LoginBrake {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #refused: ReturnType<Metrics['counter']>;
  /** In order of the last wrong login. */
  readonly #buckets = new Map<string, Bucket>();
  /** Address and digest of logins that were right, in order of use. */
  readonly #right = new Set<string>();

  constructor({ clock, logger, metrics }: { clock: Clock; logger: Logger; metrics: Metrics }) {
    this.#clock = clock;
    this.#logger = logger;
    this.#refused = metrics.counter(
      'housecount_logins_refused_total',
      'Logins of customers that were refused: wrong, or unread after too many wrong ones from the address.',
    );
  }

  /** May a login with this digest be looked at? If not, it is counted. */
  admits(address: string, digest: string): boolean {
    const holder = holderOf(address);
    if (this.#left(holder) >= 1 || this.#right.has(keyOf(holder, digest))) return true;
    this.#refused.add(1, { why: 'braked' });
    return false;
  }

  wasRight(address: string, digest: string): void {
    const key = keyOf(holderOf(address), digest);
    this.#right.delete(key);
    this.#right.add(key);
    forgetOldest(this.#right);
  }

  wasWrong(address: string): void {
    const holder = holderOf(address);
    const left = this.#left(holder) - 1;
    this.#buckets.delete(holder);
    this.#buckets.set(holder, { tokens: left, atMs: this.#clock.steadyMs() });
    forgetOldest(this.#buckets);
    this.#refused.add(1, { why: 'wrong' });
    this.#logger.warn('a login was refused: the customer id and secret do not match', {
      address,
      ...(left < 1 && { next: 'logins from there are refused unread for now' }),
    });
  }

  #left(holder: string): number {
    const bucket = this.#buckets.get(holder);
    if (!bucket) return limits.loginFailuresMax;
    const passedMs = Math.max(0, this.#clock.steadyMs() - bucket.atMs);
    return Math.min(limits.loginFailuresMax, Math.max(0, bucket.tokens) + passedMs / limits.loginFailureMs);
  }
}

const keyOf = (holder: string, digest: string) => `${holder} ${digest}`;

function forgetOldest(kept: Map<string, unknown> | Set<string>): void {
  if (kept.size <= limits.loginAddressesMax) return;
  const [oldest] = kept.keys();
  if (oldest !== undefined) kept.delete(oldest);
}
