import type { Channel, OpenChannel } from '../channel.ts';
import type { ChannelCommand } from '../command.ts';
import type { MembershipChange } from '../decision.ts';
import type { MembershipLimits } from './join.ts';
import { first, inOrder, kickedMembers } from './kick.ts';
import { endsBy, endsMs } from './lease.ts';
import { leave, leavesOf, silenceBeganMs } from './leave.ts';
import type { Member } from './member.ts';

/**
 * The leaves of those whose lease or token has ended by `nowMs`, in order of arrival: of all, if one transaction may hold them. Of
 * more, a tick and a kick of everybody put out as many as it may hold, any other command only those whom it is about.
 */
export function endedMembers(
  channel: Channel,
  command: ChannelCommand,
  nowMs: number,
  { transactionMembersMax: most }: MembershipLimits,
): readonly MembershipChange[] {
  if (channel.sid === undefined || channel.roster.endsMs > nowMs) return [];
  const { roster } = channel;
  const isTooMany = roster.endedCount(nowMs, most + 1) > most;
  const ended =
    isTooMany && !isAboutEverybody(command)
      ? membersMeant(channel, command).filter((member) => endsMs(member) <= nowMs)
      : roster.endedBy(nowMs);
  // Those whom another command names are two at most: who asks, and whom a join replaces.
  const isAboutMany = command.type === 'tick' || command.type === 'kick';
  const leaves = first(ended, isAboutMany ? most : Number.POSITIVE_INFINITY).map((member) => {
    const { link } = member;
    if (link.state === 'silent' && endsBy(member) === 'lease') {
      const { lastHeardMs, noticedMs, evidence } = link;
      const silence = { lastHeardMs, noticedMs, evidence, silentSinceMs: silenceBeganMs(link) };
      return { member, ...silence, reason: 'timeout' as const };
    }
    return leave(member, { reason: 'token', evidence: 'token-end', nowMs });
  });
  return leavesOf(channel, leaves, nowMs);
}

const isAboutEverybody = (command: ChannelCommand): boolean =>
  command.type === 'tick' ||
  (command.type === 'kick' && command.uid === undefined && command.connectionIds === undefined);

/** The members whom a command is about by name, in order of arrival. */
function membersMeant(channel: OpenChannel, command: ChannelCommand): readonly Member[] {
  if (command.type === 'kick') return [...kickedMembers(channel, command)];
  const { roster } = channel;
  const members = new Set<Member>();
  const uid = command.type === 'join' || command.type === 'resume' ? command.uid : undefined;
  const byUid = uid === undefined ? undefined : roster.get(uid);
  const byConnection = 'connectionId' in command ? roster.getByConnection(command.connectionId) : undefined;
  for (const member of [byUid, byConnection]) if (member) members.add(member);
  return inOrder(members);
}
