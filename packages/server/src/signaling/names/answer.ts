import type { Code, SignalingResult } from '@housecount/protocol';
import { sentenceOf } from '../../net/sentence.ts';

/** The outcome of a request: its result, or the code of the API (spec: signaling section 5) and a sentence with its full stop. */
export type SignalingAnswer =
  | { readonly ok: true; readonly result?: SignalingResult }
  | { readonly ok: false; readonly code: number; readonly reason: string };

export const done = (result?: SignalingResult): SignalingAnswer =>
  result ? { ok: true, result } : { ok: true };

export const refused = (code: number, reason: string): Extract<SignalingAnswer, { ok: false }> => ({
  ok: false,
  code,
  reason,
});

/** The refusal of the log in the words of the API; `fallback` is the API's code for what has none of its own. */
export function refusedByLog(
  code: Code,
  detail: string | undefined,
  known: Partial<Record<Code, readonly [code: number, reason: string]>>,
  fallback: number,
): SignalingAnswer {
  const found = known[code];
  if (found) return refused(found[0], detail ?? found[1]);
  return refused(fallback, sentenceOf(code, detail));
}
