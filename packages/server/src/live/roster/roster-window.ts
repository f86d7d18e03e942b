import type {
  RosterCountFrame,
  RosterCounts,
  RosterMember,
  RosterWindowChangesFrame,
  RosterWindowFrame,
} from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import type { Member } from '../../channel/membership/member.ts';
import type { ViewedRoster } from '../../rosters/roster-views.ts';
import * as window from '../../rosters/window.ts';
import { toRosterMember } from './roster-member.ts';

export type WindowChanges = window.WindowChanges<number, RosterMember>;

/** The counts of a channel, whatever its size, at once. */
export function countsOf({ roster }: OpenChannel): RosterCounts {
  const { size, hosts, interrupted } = roster;
  return { count: size, hosts, audience: size - hosts, interrupted };
}

/** The changes that turn the window `before` into the window `after`. */
export const windowChanges = (before: readonly Member[], after: readonly Member[]): WindowChanges =>
  window.windowChanges(before, after, {
    idOf: ({ uid }) => uid,
    arrivalOf: ({ joinedSeq }) => joinedSeq,
    shownOf: toRosterMember,
  });

/** Views of the roster of a live channel, as its clients are told of them. */
export const viewedChannel: ViewedRoster<OpenChannel, Member> = {
  sizeOf: ({ roster }) => roster.size,
  membersOf: ({ roster }, { from, limit }) => roster.range(from, limit),
  isOneLife: (before, now) => before.sid === now.sid,

  whole(state, range, members) {
    const { sid, seq } = state;
    const counts = { sid, seq, ...countsOf(state) };
    const frame: RosterCountFrame | RosterWindowFrame = range
      ? { type: 'roster-window', ...counts, from: range.from, members: members.map(toRosterMember) }
      : { type: 'roster-count', ...counts };
    return JSON.stringify(frame);
  },

  next(before, now, range, membersBefore, members) {
    const { sid, seq } = now;
    const counts = countsOf(now);
    const changes = range ? windowChanges(membersBefore, members) : {};
    const isSame =
      seq === before.seq &&
      counts.interrupted === before.roster.interrupted &&
      Object.keys(changes).length === 0;
    if (isSame) return undefined;
    const frame: RosterCountFrame | RosterWindowChangesFrame = range
      ? { type: 'roster-window-changes', sid, after: before.seq, seq, ...counts, ...changes }
      : { type: 'roster-count', sid, seq, ...counts };
    return JSON.stringify(frame);
  },
};
