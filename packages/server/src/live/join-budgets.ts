import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { holderOf } from '../net/address/ip-address.ts';
import { isLoopbackAddress } from '../net/address/loopback.ts';
import type { Rate } from '../net/token-bucket.ts';
import { TokenBuckets } from '../net/token-buckets.ts';
import { defaultJoinLimits, type JoinLimits } from './live-limits.ts';

export interface JoinRates {
  /** Joins from one address, per second, on average. */
  readonly perAddress: number;
  /** Joins with one token that is good for anybody, per second, on average. */
  readonly perToken: number;
}

/** The client that asks to join. */
export interface Joiner {
  readonly address: string;
  /** The text of the token; empty if the app takes none. */
  readonly token: string;
  /** The token names one uid or account, not anybody. */
  readonly isForOne: boolean;
}

/**
 * Budgets of new memberships, by the holder of an address and by token, and of those that are taken up again, each of which is recorded:
 * without it one client would turn over the log, and what waits there for others would be lost. Loopback has no budget of its
 * own: there is this machine alone, or a proxy that is not trusted, whose clients cannot be told apart.
 */
export class JoinBudgets {
  readonly #addresses: TokenBuckets;
  readonly #tokens: TokenBuckets;
  readonly #ownTokens: TokenBuckets;
  readonly #changes: TokenBuckets;
  readonly #streams: TokenBuckets;

  /** `rates` is read at each join. */
  constructor(clock: Pick<Clock, 'steadyMs'>, rates: JoinRates, limits: JoinLimits = defaultJoinLimits) {
    const burstOf = (perSecond: () => number) => burstRate(perSecond, limits.joinBurstSeconds);
    const buckets = (rate: Rate) => new TokenBuckets(clock, rate, limits.joinBucketsMax);
    this.#addresses = buckets(burstOf(() => rates.perAddress));
    this.#tokens = buckets(burstOf(() => rates.perToken));
    this.#ownTokens = buckets({
      perSecond: limits.ownTokenJoinsPerSecondMax,
      burst: limits.ownTokenJoinsBurst,
    });
    const changes = { perSecond: limits.memberChangesPerSecondMax, burst: limits.memberChangesBurst };
    this.#changes = buckets(changes);
    this.#streams = buckets(changes);
  }

  /** Takes one join; false if the address or the token has none left now. */
  takeJoin({ address, token, isForOne }: Joiner): boolean {
    if (!isLoopbackAddress(address) && !this.#addresses.take(holderOf(address))) return false;
    if (token === '') return true;
    return (isForOne ? this.#ownTokens : this.#tokens).take(nameOf(token));
  }

  /** Takes one of what a member may have recorded: a resume of its connection, another role, a new token; false if there is none left now. */
  takeChange(connectionId: string): boolean {
    return this.#changes.take(connectionId);
  }

  /** Takes one change of what a connection sends. It has as many as of the others, beside them: who mutes and unmutes can still come back. */
  takeStreams(connectionId: string): boolean {
    return this.#streams.take(connectionId);
  }
}

/** A rate that is read at each look. */
const burstRate = (perSecond: () => number, burstSeconds: number): Rate => ({
  get perSecond() {
    return perSecond();
  },
  get burst() {
    return perSecond() * burstSeconds;
  },
});

/** A token may be 8,192 characters long, and need not be in memory. */
const nameOf = (token: string): string => hash('sha256', token, 'base64');
