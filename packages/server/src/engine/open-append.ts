import type { AppendOutcome, Place } from './contract.ts';

/** An append that was sent over a network, and of which it is not known yet whether it is stored. */
export interface OpenAppend {
  /** The id of its batch: no other batch has it, wherever it is stored. */
  readonly id: string;
  readonly expected: Place;
}

/** What its engine has heard of it. */
export type Heard =
  /** Nothing in time: the request was lost, or the answer, or either comes late. */
  | { readonly type: 'nothing' }
  | { readonly type: 'stored'; readonly end: Place }
  /** The log ends elsewhere. `next` is the batch that is stored where this one would be; an engine that cannot read it does not know. */
  | {
      readonly type: 'refused';
      readonly end: Place;
      readonly next: { readonly id: string; readonly end: Place };
    };

/**
 * What becomes of an append: it is sent again, the same bytes with the same expectation, or it has an outcome.
 *
 * Where nothing was heard, a look at the log's end would not tell: the request may arrive after it. Sent again it is stored once at
 * most, since the log ends there but once. And a refusal may be that of the second copy: then the first one is what is stored there.
 */
export function afterHearing(append: OpenAppend, heard: Heard): 'send-again' | AppendOutcome {
  if (heard.type === 'nothing') return 'send-again';
  if (heard.type === 'stored') return { ok: true, end: heard.end };
  const { end, next } = heard;
  if (next.id === append.id) return { ok: true, end: next.end };
  return { ok: false, reason: 'conflict', end };
}
