import { type RosterChange, type RosterSnapshotFrame, rosterPageMembersMax } from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Opening, RosterCursor, RosterText } from '../../rosters/roster-subscription.ts';
import { changesText, type RosterFeed } from './roster-feed.ts';
import { toRosterMember } from './roster-member.ts';

/** The opening for a reader of a channel's roster: the changes after its cursor if all that it may lack is known, else a snapshot. */
export function openingOf(
  feed: RosterFeed,
  state: OpenChannel | undefined,
  cursor?: RosterCursor,
): Opening | undefined {
  if (!state) return undefined;
  const { sid, seq } = state;
  const missing =
    cursor && cursor.sid === sid && cursor.after <= seq ? feed.ring.after(sid, cursor.after) : undefined;
  if (!cursor || !missing) return { sid, seq, texts: snapshotTexts(state) };
  const states = feed.statesSince(cursor.after);
  return {
    sid,
    seq: missing.at(-1)?.seq ?? cursor.after,
    texts: missingTexts(sid, state.roster.size, missing, states),
  };
}

function* missingTexts(
  sid: string,
  count: number,
  missing: readonly RosterChange[],
  states: readonly RosterText[],
): Generator<string> {
  for (let start = 0; start < missing.length; start += fixed.rosterFrameChangesMax)
    yield changesText(sid, count, missing.slice(start, start + fixed.rosterFrameChangesMax)).text;
  for (const { text } of states) yield text;
}

function* snapshotTexts({ sid, seq, profile, roster }: OpenChannel): Generator<string> {
  let after = 0;
  let left = roster.size;
  do {
    const page = roster.page(after, rosterPageMembersMax);
    after = page.at(-1)?.joinedSeq ?? after;
    left -= page.length;
    const frame: RosterSnapshotFrame = {
      type: 'roster-snapshot',
      sid,
      seq,
      profile,
      count: roster.size,
      members: page.map(toRosterMember),
      last: left <= 0,
    };
    yield JSON.stringify(frame);
  } while (left > 0);
}
