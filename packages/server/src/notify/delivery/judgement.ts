import type { NoticeFormat } from '../endpoint/endpoint.ts';
import type { Delivery } from '../queue/delivery.ts';
import type { SendOutcome } from '../send/transport.ts';
import { isAccepted, isGone, isTooLarge, type Plan, type Verdict, verdictOf } from './retry-plan.ts';

/** Word of lost events is never given up: when its plan is spent it is tried this often, milliseconds. Chosen. */
const lostAgainMs = 3_600_000;

/** Decides what follows an attempt at a delivery. `probeLeftMs`: it was a probe, and its own attempt is due in so many milliseconds. */
export function judge(
  outcome: SendOutcome,
  delivery: Delivery,
  by: {
    readonly format: NoticeFormat;
    readonly plan: Plan;
    /** In [0, 1): the jitter's dice. */
    readonly fraction: number;
    readonly probeLeftMs: number | undefined;
  },
): Verdict {
  const { format, probeLeftMs } = by;
  if (isAccepted(outcome, format)) return { next: 'delivered' };
  // A word about the endpoint, not about this notice: it waits as if it had not been tried.
  if (isGone(outcome, format)) return { next: 'retry', afterMs: 0 };
  // It goes in halves at once.
  if (isTooLarge(outcome) && delivery.notices.length > 1) return { next: 'retry', afterMs: 0 };
  if (probeLeftMs !== undefined) return { next: 'retry', afterMs: Math.max(0, probeLeftMs) };
  const verdict = verdictOf(outcome, delivery.planned, by.fraction, by);
  const isWordOfLost = delivery.notices[0]?.event.type === 'events-lost';
  return verdict.next === 'give-up' && isWordOfLost ? { next: 'retry', afterMs: lostAgainMs } : verdict;
}
