import type { Channel, OpenChannel } from '../channel.ts';
import type { MembershipCommand } from '../command.ts';
import type { MembershipChange } from '../decision.ts';
import type { MembershipLimits } from './join.ts';
import { leave, leavesOf } from './leave.ts';
import type { Member } from './member.ts';

type KickCommand = Extract<MembershipCommand, { type: 'kick' }>;

/** The leaves of those who are kicked, as many as one transaction may hold. */
export function kicked(
  channel: Channel,
  command: KickCommand,
  nowMs: number,
  { transactionMembersMax }: MembershipLimits,
): readonly MembershipChange[] {
  if (channel.sid === undefined) return [];
  const { ruleScope } = command;
  const leaves = first(kickedMembers(channel, command), transactionMembersMax).map((member) => ({
    ...leave(member, { reason: 'kicked', evidence: 'kick', nowMs }),
    ...(ruleScope !== undefined && { ruleScope }),
  }));
  return leavesOf(channel, leaves, nowMs);
}

/** The members that fit every part of the scope that is set, in order of arrival. */
export function* kickedMembers(channel: OpenChannel, command: KickCommand): IterableIterator<Member> {
  const { arrivedBy } = command;
  if (arrivedBy !== undefined && arrivedBy.sid !== channel.sid) return;
  const lastSeq = arrivedBy?.seq ?? Number.POSITIVE_INFINITY;
  for (const member of fitting(channel, command)) {
    if (member.joinedSeq > lastSeq) return;
    yield member;
  }
}

function fitting({ roster }: OpenChannel, { uid, connectionIds }: KickCommand): Iterable<Member> {
  if (connectionIds !== undefined) {
    const members = new Set<Member>();
    for (const connectionId of connectionIds) {
      const member = roster.getByConnection(connectionId);
      if (member && (uid === undefined || member.uid === uid)) members.add(member);
    }
    return inOrder(members);
  }
  if (uid === undefined) return roster;
  const member = roster.get(uid);
  return member ? [member] : [];
}

/** Members in order of arrival. */
export const inOrder = (members: Iterable<Member>): readonly Member[] =>
  [...members].sort((a, b) => a.joinedSeq - b.joinedSeq);

/** The first of them, `most` at most. */
export function first(members: Iterable<Member>, most: number): readonly Member[] {
  const some: Member[] = [];
  if (most <= 0) return some;
  for (const member of members) {
    some.push(member);
    if (some.length >= most) break;
  }
  return some;
}
