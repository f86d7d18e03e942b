import type { SendOutcome } from './transport.ts';

/**
 * Agora's plan: at most three retries, the first at once, the gaps then growing (its exact gaps are not published).
 * 2 s outlives a receiver's quick restart, 8 s a slower one; both chosen, not measured.
 */
export const agoraPlan = {
  /** No answer by then is a failure, milliseconds (Agora's figure). */
  attemptMs: 10_000,
  /** Before the second, third and fourth attempt. */
  gapsMs: [0, 2_000, 8_000],
  /** A gap is stretched by up to this share at random, so that the retries of one outage do not come as one wave. */
  jitter: 0.25,
} as const;

export const attemptsMax = agoraPlan.gapsMs.length + 1;

export type Verdict =
  | { readonly next: 'delivered' }
  | { readonly next: 'retry'; readonly afterMs: number }
  | { readonly next: 'give-up' };

/** What follows attempt number `attempt` (1 is the first); `fraction` in [0, 1) is the jitter's dice. */
export function verdictOf(outcome: SendOutcome, attempt: number, fraction: number): Verdict {
  if (outcome.answered && outcome.status === 200) return { next: 'delivered' };
  const gapMs = agoraPlan.gapsMs[attempt - 1];
  if (gapMs === undefined) return { next: 'give-up' };
  return { next: 'retry', afterMs: Math.round(gapMs * (1 + agoraPlan.jitter * fraction)) };
}

/** The outcome in a few words, for journals and people. */
export function describeOutcome(outcome: SendOutcome): string {
  return outcome.answered ? `status ${outcome.status}` : `${outcome.stage}: ${outcome.detail}`;
}
