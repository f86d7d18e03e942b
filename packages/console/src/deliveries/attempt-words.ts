import type { MadeAttempt } from '@housecount/client';
import { wordsOfStage } from '../words/stages.ts';
import { duration } from '../words/times.ts';

/** The outcome of an attempt: "answered 503", "no answer came in time". */
export function wordsOfOutcome({ answered, stage }: MadeAttempt): string {
  if (answered !== undefined) return `answered ${answered}`;
  return stage === undefined ? 'no answer' : wordsOfStage(stage);
}

/** The name of an attempt: a redelivery is one of its own, whatever came before it. */
export function nameOfAttempt({ attempt, redelivery }: MadeAttempt): string {
  return redelivery === undefined ? `Attempt ${attempt}` : 'Sent again on request';
}

/** A sentence about what followed attempt `index` of those made. */
export function whatFollowed(made: readonly MadeAttempt[], index: number): string {
  const attempt = made[index];
  if (attempt === undefined) return '';
  if (attempt.next === 'delivered') return 'Delivered.';
  if (attempt.redelivery !== undefined) return 'Not taken; one that is asked for is tried once.';
  if (attempt.next === 'give-up') return 'Given up: it was the last attempt of the plan.';
  const later = made.slice(index + 1).find(({ redelivery }) => redelivery === undefined);
  if (later === undefined) return 'It will be tried again.';
  const gapMs = later.atMs - (attempt.atMs + attempt.durationMs);
  return gapMs < 1_000 ? 'Tried again at once.' : `Tried again after ${duration(gapMs)}.`;
}

/**
 * A notice in the body that it was sent in, indented; a body that is no JSON as it is. `of` is how many notices were in
 * it where it was a batch.
 */
export function noticeIn(body: string, noticeId: string): { readonly text: string; readonly of?: number } {
  let whole: unknown;
  try {
    whole = JSON.parse(body);
  } catch {
    return { text: body };
  }
  if (!Array.isArray(whole)) return { text: JSON.stringify(whole, null, 2) };
  const own: unknown = whole.find((each: { id?: unknown } | null) => each?.id === noticeId) ?? whole;
  return { text: JSON.stringify(own, null, 2), of: whole.length };
}
