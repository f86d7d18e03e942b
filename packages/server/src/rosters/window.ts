import type { RosterViewRequest } from '@housecount/protocol';

/** A part of a roster by place in order of arrival: at most `limit` members from place `from` on, 0 being the first. */
export interface WindowRange {
  readonly from: number;
  readonly limit: number;
}

/** The window that a client asks for; undefined if it wants the counts alone. */
export function rangeOf(view: RosterViewRequest): WindowRange | undefined {
  if ('first' in view) return { from: 0, limit: view.first };
  return 'from' in view ? { from: view.from, limit: view.count } : undefined;
}

/** Sizes of windows from the first member on that many ask for, and that so always have room: there are only so many of them. */
const roundSizes: readonly number[] = [10, 20, 25, 50, 100, 200, 500, 1_000];

/** True for one of the few windows that everybody shares. */
export const isRound = ({ from, limit }: WindowRange): boolean => from === 0 && roundSizes.includes(limit);

/** Makes the key of a view: equal for equal views, and without a slash. */
export const keyOf = (range: WindowRange | undefined): string =>
  range ? `${range.from}+${range.limit}` : 'count';

/** The delta of a window: members it lost, members that changed, and members it gained at its end; each is absent if it is empty. */
export interface WindowChanges<Id, Shown> {
  readonly left?: readonly Id[];
  readonly changed?: readonly Shown[];
  readonly entered?: readonly Shown[];
}

/** The functions by which windows read a member: its id, its arrival, and what clients are shown of it. */
export interface WindowMembers<Member, Id, Shown> {
  readonly idOf: (member: Member) => Id;
  /** Its arrival: greater for who came later, and another one for who came back. */
  readonly arrivalOf: (member: Member) => number;
  /** As clients see it. */
  readonly shownOf: (member: Member) => Shown;
}

/**
 * The changes that turn `before` into `after`, two states of one window in one life of a roster, the older one first. Members stand in
 * order of arrival, and whoever arrives does so at the end, so a member's place only ever gets smaller: what is gained is
 * gained at the end, and what remains keeps its order.
 */
export function windowChanges<Member, Id, Shown>(
  before: readonly Member[],
  after: readonly Member[],
  { idOf, arrivalOf, shownOf }: WindowMembers<Member, Id, Shown>,
): WindowChanges<Id, Shown> {
  const left: Id[] = [];
  const changed: Shown[] = [];
  let kept = 0;
  for (const old of before) {
    const now = after[kept];
    if (now === undefined || arrivalOf(now) !== arrivalOf(old)) {
      left.push(idOf(old));
      continue;
    }
    kept++;
    if (now === old) continue;
    const shown = shownOf(now);
    // Most of what a member object holds is not for clients.
    if (JSON.stringify(shownOf(old)) !== JSON.stringify(shown)) changed.push(shown);
  }
  const entered = after.slice(kept).map(shownOf);
  return {
    ...(left.length > 0 && { left }),
    ...(changed.length > 0 && { changed }),
    ...(entered.length > 0 && { entered }),
  };
}
