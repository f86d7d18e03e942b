import { limits } from '../../../limits.ts';
import { steadyRate, TokenBucket } from '../../../net/token-bucket.ts';

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

const publishes = steadyRate(limits.signalingPublishesPerSecondMax);
const requests = steadyRate(limits.signalingRequestsPerSecondMax);
const deliveredBytes = steadyRate(limits.signalingDeliveredBytesPerSecondMax);
const keptBytes = steadyRate(limits.signalingKeptBytesPerSecondMax);
const renewals = steadyRate(limits.signalingRenewalsPerSecondMax);

/** How many requests of each kind a session may still make. */
export class Rates {
  readonly #budgets = new Map<RateKind, TokenBucket>();
  #delivered: TokenBucket | undefined;
  #kept: TokenBucket | undefined;
  #renewed: TokenBucket | undefined;

  /** Takes one; false if none is left. */
  take(kind: RateKind, steadyMs: number): boolean {
    let budget = this.#budgets.get(kind);
    if (!budget) {
      budget = new TokenBucket(kind === 'publish' ? publishes : requests, steadyMs);
      this.#budgets.set(kind, budget);
    }
    return budget.take(steadyMs);
  }

  /** Takes what a message costs: its bytes, for everybody who gets it. */
  takeDelivery(bytes: number, steadyMs: number): boolean {
    this.#delivered ??= new TokenBucket(deliveredBytes, steadyMs);
    return this.#delivered.take(steadyMs, bytes);
  }

  /** Takes what keeping a message costs: its bytes. */
  takeKept(bytes: number, steadyMs: number): boolean {
    this.#kept ??= new TokenBucket(keptBytes, steadyMs);
    return this.#kept.take(steadyMs, bytes);
  }

  /** Takes what a login or another token costs: so many subscriptions are looked at, and may be written about. */
  takeRenewals(subscriptions: number, steadyMs: number): boolean {
    if (subscriptions === 0) return true;
    this.#renewed ??= new TokenBucket(renewals, steadyMs);
    return this.#renewed.take(steadyMs, subscriptions);
  }
}
