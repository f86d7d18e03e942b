import type { NoticeFormat, RetryPlan } from '../endpoint/endpoint.ts';
import type { SendOutcome } from '../send/transport.ts';

/** A plan of when failed attempts are made again. */
export interface Plan {
  /** Time before the second attempt, the third …, milliseconds; after the last one it is given up. */
  readonly gapsMs: readonly number[];
  /** A gap is stretched by up to this share at random, so that the retries of one outage do not come as one wave. */
  readonly jitter: number;
  /** The receiver's Retry-After may stretch a gap, to at most retryAfterMsMax. */
  readonly heedsRetryAfter: boolean;
}

/** No answer by then is a failure, milliseconds (Agora's figure, kept for every plan). */
export const attemptMs = 10_000;
/** A receiver cannot put an attempt off for longer than this, milliseconds: a day. */
export const retryAfterMsMax = 24 * 3_600_000;

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/**
 * Agora's plan: at most three retries, the first at once, the gaps then growing (its exact gaps are not published).
 * 2 s outlives a receiver's quick restart, 8 s a slower one; both chosen, not measured.
 */
export const agoraPlan: Plan = {
  gapsMs: [0, 2 * seconds, 8 * seconds],
  jitter: 0.25,
  heedsRetryAfter: false,
};

/** Backoff over three days (72.7 h, and up to a tenth more): a receiver that breaks on Friday is mended on Monday. */
export const standardPlan: Plan = {
  gapsMs: [
    5 * seconds,
    30 * seconds,
    2 * minutes,
    10 * minutes,
    30 * minutes,
    1 * hours,
    3 * hours,
    6 * hours,
    12 * hours,
    24 * hours,
    26 * hours,
  ],
  jitter: 0.1,
  heedsRetryAfter: true,
};

/** The plan that an endpoint's `retry` names; gaps of one's own are stretched and put off as the standard ones are. */
export function planOf(retry: RetryPlan): Plan {
  if (retry === 'agora') return agoraPlan;
  if (retry === 'standard') return standardPlan;
  return { ...standardPlan, gapsMs: retry.gapsMs };
}

export type Verdict =
  | { readonly next: 'delivered' }
  | { readonly next: 'retry'; readonly afterMs: number }
  | { readonly next: 'give-up' };

/** Decides what follows attempt number `attempt` (1 is the first); `fraction` in [0, 1) is the jitter. */
export function verdictOf(
  outcome: SendOutcome,
  attempt: number,
  fraction: number,
  { plan, format }: { plan: Plan; format: NoticeFormat },
): Verdict {
  if (isAccepted(outcome, format)) return { next: 'delivered' };
  const gapMs = plan.gapsMs[attempt - 1];
  if (gapMs === undefined) return { next: 'give-up' };
  const stretchedMs = Math.round(gapMs * (1 + plan.jitter * fraction));
  return { next: 'retry', afterMs: Math.max(stretchedMs, quietMsOf(outcome, plan)) };
}

/** The time for which the receiver asks to be left alone, milliseconds, as far as the plan heeds it. */
export function quietMsOf(outcome: SendOutcome, plan: Plan): number {
  const askedMs = plan.heedsRetryAfter && outcome.answered ? (outcome.retryAfterMs ?? 0) : 0;
  return Math.min(askedMs, retryAfterMsMax);
}

/** 200 alone in Agora's format, any 2xx in the others. */
export function isAccepted(outcome: SendOutcome, format: NoticeFormat): boolean {
  if (!outcome.answered) return false;
  return format === 'agora' ? outcome.status === 200 : outcome.status >= 200 && outcome.status <= 299;
}

/** The receiver says that it is gone for good: 410, in the formats that give it this meaning (Standard Webhooks). */
export function isGone(outcome: SendOutcome, format: NoticeFormat): boolean {
  return outcome.answered && outcome.status === 410 && format !== 'agora';
}

/** The receiver takes no request of this size: 413. */
export function isTooLarge(outcome: SendOutcome): boolean {
  return outcome.answered && outcome.status === 413;
}

/** The outcome in a few words, for journals and people. */
export function describeOutcome(outcome: SendOutcome): string {
  return outcome.answered ? `status ${outcome.status}` : `${outcome.stage}: ${outcome.detail}`;
}
