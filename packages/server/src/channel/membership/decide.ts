import type { Channel, OpenChannel } from '../channel.ts';
import type { MembershipCommand } from '../command.ts';
import type { ChannelChange, Decision, MembershipChange } from '../decision.ts';
import { mayBeQuiet } from '../policy.ts';
import { nextClientSeq } from './client-seq.ts';
import { decideJoin, type MembershipLimits } from './join.ts';
import { kicked } from './kick.ts';
import { leave, leavesOf, reasonOf } from './leave.ts';
import { linkedByPage, withinLinks } from './link.ts';
import type { Member } from './member.ts';
import { decideResume, renewed } from './resume.ts';
import { streamsSet, withStreams } from './streams.ts';

type CommandOf<Type extends MembershipCommand['type']> = Extract<MembershipCommand, { type: Type }>;

/** Decides what is asked of who is in the channel; the lease or token of nobody whom it is about has ended by `nowMs`. */
export const decideMembership = (
  channel: Channel,
  command: MembershipCommand,
  nowMs: number,
  limits: MembershipLimits,
): Decision => withinLinks(decided(channel, command, nowMs, limits), channel, nowMs, limits);

function decided(
  channel: Channel,
  command: MembershipCommand,
  nowMs: number,
  limits: MembershipLimits,
): Decision {
  switch (command.type) {
    case 'join': {
      const present = mayBeQuiet(channel.key.kind) ? memberOf(channel, command.connectionId) : undefined;
      return present
        ? { changes: quietness(present, command, nowMs) }
        : withStreams(decideJoin(channel, command, nowMs, limits), channel, command, nowMs);
    }
    case 'kick':
      return { changes: kicked(channel, command, nowMs, limits) };
    case 'resume':
      return decideResume(channel, command, nowMs);
  }
  const member = memberOf(channel, command.connectionId);
  if (!member || channel.sid === undefined) return { refused: 'not_joined' };
  if ('attachment' in command && isOfBefore(member, command)) return { changes: [] };
  switch (command.type) {
    case 'leave':
      return { changes: left(channel, member, command, nowMs) };
    case 'set-role':
      return decideRole(channel, member, command, nowMs, limits);
    case 'silent':
      return { changes: silenced(channel, member, command, nowMs) };
    case 'heard':
      return { changes: live(channel, member, nowMs) };
    case 'renew-token':
      return { changes: renewed(channel, member, command, nowMs) };
    case 'set-streams':
      return { changes: streamsSet(channel, member, command, nowMs) };
    case 'link':
      return { changes: linkedByPage(channel, member, command.userId, nowMs) };
  }
}

/** True of what speaks of an attachment that the member had before the one it has. */
const isOfBefore = (member: Member, { attachment }: { readonly attachment?: number }): boolean =>
  attachment !== undefined && attachment !== member.attachment;

/** The member that this connection, or session, backs. */
export function memberOf(channel: Channel, connectionId: string): Member | undefined {
  return channel.sid === undefined ? undefined : channel.roster.getByConnection(connectionId);
}

function quietness(
  { uid, quiet }: Member,
  command: CommandOf<'join'>,
  nowMs: number,
): readonly ChannelChange[] {
  const wanted = command.quiet ?? false;
  return wanted === (quiet ?? false) ? [] : [{ type: 'quiet-set', atMs: nowMs, uid, quiet: wanted }];
}

function left(
  channel: OpenChannel,
  member: Member,
  command: CommandOf<'leave'>,
  nowMs: number,
): readonly MembershipChange[] {
  const { evidence } = command;
  return leavesOf(channel, [leave(member, { reason: reasonOf(evidence), evidence, nowMs })], nowMs);
}

function decideRole(
  channel: OpenChannel,
  member: Member,
  command: CommandOf<'set-role'>,
  nowMs: number,
  limits: MembershipLimits,
): Decision {
  const { role } = command;
  if (channel.profile === 'communication') return { refused: 'role_invalid' };
  if (role === member.role) return { changes: [] };
  if (role === 'broadcaster' && channel.roster.hostsAt(nowMs) >= limits.hostsMax)
    return { refused: 'hosts_full' };
  const { key, sid, profile, roster } = channel;
  const { app, name } = key;
  const { uid, account, userId, platform, clientType } = member;
  return {
    changes: [
      {
        type: 'role-changed',
        app,
        channel: name,
        sid,
        seq: channel.seq + 1,
        atMs: nowMs,
        count: roster.size,
        profile,
        uid,
        ...(account !== undefined && { account }),
        ...(userId !== undefined && { userId }),
        role,
        platform,
        ...(clientType !== undefined && { clientType }),
        clientSeq: nextClientSeq(member.clientSeq, nowMs),
      },
    ],
  };
}

/**
 * The lease runs from when the connection was last heard, so it may have ended already. Silence that is known already
 * is not told again, unless something was heard since; and then the lease never becomes shorter than it was.
 */
function silenced(
  channel: OpenChannel,
  member: Member,
  command: CommandOf<'silent'>,
  nowMs: number,
): readonly MembershipChange[] {
  const { app, name } = channel.key;
  const { uid, connectionId, link } = member;
  const lastHeardMs = Math.max(member.joinedMs, Math.min(command.lastHeardMs, nowMs));
  let leaseEndsMs = Math.max(lastHeardMs + member.leaseMs, command.endsFromMs ?? 0);
  if (link.state === 'silent') {
    if (lastHeardMs <= link.lastHeardMs) return [];
    leaseEndsMs = Math.max(leaseEndsMs, link.leaseEndsMs);
  }
  const { evidence } = command;
  return [
    {
      type: 'link-silent',
      app,
      channel: name,
      atMs: nowMs,
      uid,
      connectionId,
      lastHeardMs,
      evidence,
      leaseEndsMs,
    },
  ];
}

function live({ key }: Channel, member: Member, nowMs: number): readonly MembershipChange[] {
  if (member.link.state === 'live') return [];
  const { uid, connectionId, attachment } = member;
  const { app, name } = key;
  return [{ type: 'link-live', app, channel: name, atMs: nowMs, uid, connectionId, attachment }];
}
