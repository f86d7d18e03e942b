import type { RosterCounts, RosterMember, RosterViewRequest } from '@housecount/protocol';
import type { Member, OpenChannel } from '../channel/state.ts';
import { toRosterMember } from './roster-member.ts';

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

/** The counts of a channel, whatever its size, at once. */
export function countsOf({ roster }: OpenChannel): RosterCounts {
  const { size, hosts, interrupted } = roster;
  return { count: size, hosts, audience: size - hosts, interrupted };
}

/** What a window lost, what others became in it, and what it gained at its end; each absent if there is nothing. */
export interface WindowChanges {
  readonly left?: readonly number[];
  readonly changed?: readonly RosterMember[];
  readonly entered?: readonly RosterMember[];
}

/**
 * What makes `after` of `before`, two states of one window in one life of a channel, the older one first. Members stand in
 * order of arrival, and whoever arrives does so at the end, so a member's place only ever gets smaller: what is gained is
 * gained at the end, and what remains keeps its order.
 */
export function windowChanges(before: readonly Member[], after: readonly Member[]): WindowChanges {
  const left: number[] = [];
  const changed: RosterMember[] = [];
  let kept = 0;
  for (const old of before) {
    const now = after[kept];
    if (now?.joinedSeq !== old.joinedSeq) {
      left.push(old.uid);
      continue;
    }
    kept++;
    if (now !== old && isSeenChanged(old, now)) changed.push(toRosterMember(now));
  }
  const entered = after.slice(kept).map(toRosterMember);
  return {
    ...(left.length > 0 && { left }),
    ...(changed.length > 0 && { changed }),
    ...(entered.length > 0 && { entered }),
  };
}

/** Whether clients see a difference: most of what a member object holds is not for them. */
function isSeenChanged(old: Member, now: Member): boolean {
  return JSON.stringify(toRosterMember(old)) !== JSON.stringify(toRosterMember(now));
}
