import { type Decided, refuse } from '../decide/decided.ts';
import { type Incarnation, isUp } from '../nodes/nodes.ts';
import type { Owner } from '../owner.ts';
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

/**
 * The asks of one incarnation of a node, which is recorded as up together with the first thing that is recorded of them. Once the log says that it is
 * lost nothing that it asks is taken, however late that comes: others are told by then that whoever was there may be gone.
 */
export function asksOf(owner: Pick<Owner, 'submit'>, own: Incarnation): Asks {
  const ask = (decide: Decide, fact: boolean): Promise<Committed> =>
    owner.submit((draft, nowMs) => decidedOf(own, draft, decide, nowMs), { fact });
  return { request: (decide) => ask(decide, false), fact: (decide) => ask(decide, true) };
}

function decidedOf(own: Incarnation, draft: Draft, decide: Decide, nowMs: number): Decided {
  if (isUp(draft.nodes, own)) return decide(draft, nowMs);
  // It was up, or another came up in its place.
  if (draft.nodes.last >= own.on) return refuse('going_away');
  const decided = decide(draft, nowMs);
  if (!decided.ok || decided.records.length === 0) return decided;
  return { ok: true, records: [{ type: 'node-up', atMs: nowMs, ...own }, ...decided.records] };
}
