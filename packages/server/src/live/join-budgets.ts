import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { holderOf } from '../net/address/ip-address.ts';
import { isLoopbackAddress } from '../net/address/loopback.ts';

export interface JoinRates {
  /** Joins from one address, per second, on average. */
  readonly perAddress: number;
  /** Joins with one token that is good for anybody, per second, on average. */
  readonly perToken: number;
}

/** Who asks to join. */
export interface Joiner {
  readonly address: string;
  /** The text of the token; empty if the app takes none. */
  readonly token: string;
  /** The token names one uid or account, not anybody. */
  readonly isForOne: boolean;
}

/**
 * How often new memberships begin, by the holder of an address and by token, and old ones are taken up again, each of which is recorded:
 * without it one client would turn over the log, and what waits there for others would be lost. Loopback has no budget of its
 * own: there is this machine alone, or a proxy that is not trusted, whose clients cannot be told apart.
 */
export class JoinBudgets {
  readonly #clock: Pick<Clock, 'steadyMs'>;
  readonly #addresses: Buckets;
  readonly #tokens: Buckets;
  readonly #ownTokens: Buckets;
  readonly #changes: Buckets;

  /** `rates` is read at each join. */
  constructor(clock: Pick<Clock, 'steadyMs'>, rates: JoinRates) {
    this.#clock = clock;
    const filling = (perSecond: number) => ({ perSecond, burst: perSecond * limits.joinBurstSeconds });
    this.#addresses = new Buckets(() => filling(rates.perAddress));
    this.#tokens = new Buckets(() => filling(rates.perToken));
    const own = { perSecond: limits.ownTokenJoinsPerSecondMax, burst: limits.ownTokenJoinsBurst };
    this.#ownTokens = new Buckets(() => own);
    const changes = { perSecond: limits.memberChangesPerSecondMax, burst: limits.memberChangesBurst };
    this.#changes = new Buckets(() => changes);
  }

  /** Takes one join; false if the address or the token has none left now. */
  takeJoin({ address, token, isForOne }: Joiner): boolean {
    const nowMs = this.#clock.steadyMs();
    if (!isLoopbackAddress(address) && !this.#addresses.take(holderOf(address), nowMs)) return false;
    if (token === '') return true;
    return (isForOne ? this.#ownTokens : this.#tokens).take(nameOf(token), nowMs);
  }

  /** Takes one of what a member may have recorded: a resume of its connection, another role, a new token; false if there is none left now. */
  takeChange(connectionId: string): boolean {
    return this.#changes.take(connectionId, this.#clock.steadyMs());
  }
}

/** A token may be 8,192 characters long, and need not be in memory. */
const nameOf = (token: string): string => createHash('sha256').update(token).digest('base64');

/** Does the token name one user? */
export const isForOne = (tokenUid: string): boolean => tokenUid !== '' && !tokenUid.includes('*');

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket for each key. Keys that are full again are forgotten, the longest unused first. */
class Buckets {
  readonly #rate: () => Rate;
  /** In the order of last use. */
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(rate: () => Rate) {
    this.#rate = rate;
  }

  take(key: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#rate();
    const bucket = this.#buckets.get(key) ?? { left: burst, atMs: nowMs };
    const refilled = (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
    bucket.left = Math.min(burst, bucket.left + refilled);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forget(nowMs);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  /** Up to two that are full again by now, or for which there is no room. */
  #forget(nowMs: number): void {
    const { perSecond, burst } = this.#rate();
    const fullAfterMs = (burst / perSecond) * 1000;
    let gone = 0;
    for (const [key, { atMs }] of this.#buckets) {
      const isFull = nowMs - atMs >= fullAfterMs;
      if (gone === 2 || (!isFull && this.#buckets.size <= limits.joinBucketsMax)) return;
      this.#buckets.delete(key);
      gone++;
    }
  }
}
