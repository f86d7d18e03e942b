import type { Decided } from '../decide/decided.ts';
import type { Ownership } from '../ownership.ts';
import type { Committed } from '../pending.ts';
import type { Draft } from '../state/draft.ts';

export type Decide = (draft: Draft, nowMs: number) => Decided;

/** The way in which the parts of the log ask for a decision that is recorded with the batch it falls in. */
export interface Asks {
  /** Decides a request; it may be refused when the log cannot be written. */
  request(decide: Decide): Promise<Committed>;
  /** Decides a fact, which happened whether or not it can be written down: it waits until it is. */
  fact(decide: Decide): Promise<Committed>;
}

export const asksOf = (owner: Pick<Ownership, 'submit'>): Asks => ({
  request: (decide) => owner.submit(decide, { fact: false }),
  fact: (decide) => owner.submit(decide, { fact: true }),
});
