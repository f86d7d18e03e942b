import assert from 'node:assert';
import type { AppendOutcome, Place } from '../../engine/contract.ts';
import type { OpenAppend } from '../../engine/open-append.ts';
import { type Authorship, afterBatch, type Ownership, ownedByNobody } from './ownership.ts';

/** What a node knows of a partition: the fold of the log up to a place. */
interface Known {
  /** The node's incarnation. */
  readonly me: string;
  readonly place: Place;
  readonly ownership: Ownership;
}

/**
 * What a node is to a partition. A **replica** folds what others append. It **claims** the partition with an append at the end that it
 * has folded; if that is stored it is the **owner**, with exactly that state, and appends after its own last append alone. One append
 * is open at a time, and nothing is folded meanwhile.
 */
export type Standing =
  | (Known & { readonly type: 'replica' | 'owner' })
  | (Known & { readonly type: 'claiming' | 'appending'; readonly open: OpenAppend });

/** The standing of a node that has just started, of whom nothing is in the log. */
export const standingAtStart = (me: string, beginning: Place): Standing => ({
  type: 'replica',
  me,
  place: beginning,
  ownership: ownedByNobody,
});

/** A replica folds the next batch. Undefined: the batch cannot be there (see `afterBatch`). */
export function followed(standing: Standing, batch: Authorship, end: Place): Standing | undefined {
  assert(standing.type === 'replica', 'who has an append open, or owns the partition, folds its own alone');
  const ownership = afterBatch(standing.ownership, batch);
  return ownership && { ...standing, place: end, ownership };
}

/** The batch that a replica claims with. */
export const claimOf = ({ me, ownership }: Known): Authorship => ({
  writer: me,
  claims: ownership.epoch + 1,
});

/** A replica claims, or an owner records what it decided, by the batch of that id. */
export function opened(standing: Standing, id: string): Standing {
  assert(standing.type === 'replica' || standing.type === 'owner', 'one append is open at a time');
  const type = standing.type === 'replica' ? 'claiming' : 'appending';
  return { ...standing, type, open: { id, expected: standing.place } };
}

/**
 * The open append has an outcome. After a conflict the node is a replica, of the place at which it was: somebody else has the
 * partition, and whatever it has not recorded is theirs to decide. When the append could not be stored everything is as before it.
 */
export function ended(standing: Standing, outcome: AppendOutcome): Standing {
  assert(standing.type === 'claiming' || standing.type === 'appending', 'no append is open');
  const { type, open: _, ...known } = standing;
  if (!outcome.ok) {
    const keeps = type === 'appending' && outcome.reason === 'unavailable';
    return { ...known, type: keeps ? 'owner' : 'replica' };
  }
  const batch = type === 'claiming' ? claimOf(known) : { writer: known.me };
  const ownership = afterBatch(known.ownership, batch);
  assert(ownership, 'its own batch follows what it has folded');
  return { ...known, type: 'owner', place: outcome.end, ownership };
}
