import { limits } from '../../limits.ts';
import { FrameBudget } from '../../net/socket/frame-budget.ts';

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

/** How many requests of each kind a session may still make. */
export class Rates {
  readonly #budgets = new Map<RateKind, FrameBudget>();
  #delivered: FrameBudget | undefined;
  #kept: FrameBudget | undefined;
  #renewed: FrameBudget | undefined;

  /** Takes one; false if none is left. */
  take(kind: RateKind, steadyMs: number): boolean {
    let budget = this.#budgets.get(kind);
    if (!budget) {
      const perSecond =
        kind === 'publish' ? limits.signalingPublishesPerSecondMax : limits.signalingRequestsPerSecondMax;
      budget = new FrameBudget(steadyMs, perSecond);
      this.#budgets.set(kind, budget);
    }
    return budget.take(steadyMs);
  }

  /** Takes what a message costs: its bytes, for everybody who gets it. */
  takeDelivery(bytes: number, steadyMs: number): boolean {
    this.#delivered ??= new FrameBudget(steadyMs, limits.signalingDeliveredBytesPerSecondMax);
    return this.#delivered.take(steadyMs, bytes);
  }

  /** Takes what keeping a message costs: its bytes. */
  takeKept(bytes: number, steadyMs: number): boolean {
    this.#kept ??= new FrameBudget(steadyMs, limits.signalingKeptBytesPerSecondMax);
    return this.#kept.take(steadyMs, bytes);
  }

  /** Takes what a login or another token costs: so many subscriptions are looked at, and may be written about. */
  takeRenewals(subscriptions: number, steadyMs: number): boolean {
    if (subscriptions === 0) return true;
    this.#renewed ??= new FrameBudget(steadyMs, limits.signalingRenewalsPerSecondMax);
    return this.#renewed.take(steadyMs, subscriptions);
  }
}
