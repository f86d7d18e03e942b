import { steadyRate, TokenBucket } from '../../../net/token-bucket.ts';
import { type AppSignalingLimits, defaultAppSignalingLimits } from '../../signaling-limits.ts';

/** Kinds of requests that are counted together (spec: signaling 6.1). */
export type RateKind =
  | 'publish'
  | 'subscribe'
  | 'modify-state'
  | 'get-state'
  | 'online-users'
  | 'roster'
  | 'user-channels'
  | 'modify-metadata'
  | 'get-metadata'
  | 'lock'
  | 'topic'
  | 'get-messages'
  | 'other';

const ratesOf = (limits: AppSignalingLimits) => ({
  publishes: steadyRate(limits.signalingPublishesPerSecondMax),
  requests: steadyRate(limits.signalingRequestsPerSecondMax),
  deliveredBytes: steadyRate(limits.signalingDeliveredBytesPerSecondMax),
  keptBytes: steadyRate(limits.signalingKeptBytesPerSecondMax),
  renewals: steadyRate(limits.signalingRenewalsPerSecondMax),
});
/** Made once for all sessions of an app. */
const known = new WeakMap<AppSignalingLimits, ReturnType<typeof ratesOf>>();

/** The budgets of a session: the requests of each kind that it may still make. */
export class Rates {
  readonly #budgets = new Map<RateKind, TokenBucket>();
  #delivered: TokenBucket | undefined;
  #kept: TokenBucket | undefined;
  #renewed: TokenBucket | undefined;
  readonly #rates: ReturnType<typeof ratesOf>;

  /** The limits that the app has set for its users, these rates among them. */
  readonly limits: AppSignalingLimits;

  constructor(limits = defaultAppSignalingLimits) {
    this.limits = limits;
    this.#rates = known.get(limits) ?? ratesOf(limits);
    known.set(limits, this.#rates);
  }

  /** Takes one; false if none is left. */
  take(kind: RateKind, steadyMs: number): boolean {
    let budget = this.#budgets.get(kind);
    if (!budget) {
      const { publishes, requests } = this.#rates;
      budget = new TokenBucket(kind === 'publish' ? publishes : requests, steadyMs);
      this.#budgets.set(kind, budget);
    }
    return budget.take(steadyMs);
  }

  /** Takes what a message costs: its bytes, for everybody who gets it. */
  takeDelivery(bytes: number, steadyMs: number): boolean {
    this.#delivered ??= new TokenBucket(this.#rates.deliveredBytes, steadyMs);
    return this.#delivered.take(steadyMs, bytes);
  }

  /** Takes what keeping a message costs: its bytes. */
  takeKept(bytes: number, steadyMs: number): boolean {
    this.#kept ??= new TokenBucket(this.#rates.keptBytes, steadyMs);
    return this.#kept.take(steadyMs, bytes);
  }

  /** Takes what a login or another token costs: so many subscriptions are looked at, and may be written about. */
  takeRenewals(subscriptions: number, steadyMs: number): boolean {
    if (subscriptions === 0) return true;
    this.#renewed ??= new TokenBucket(this.#rates.renewals, steadyMs);
    return this.#renewed.take(steadyMs, subscriptions);
  }
}

/** The rates that are known, unless the app has other limits by now: then new ones. */
export const ratesUnder = (limits: AppSignalingLimits, of: Rates | undefined): Rates =>
  of?.limits === limits ? of : new Rates(limits);
