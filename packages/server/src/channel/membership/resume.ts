import type { Channel } from '../channel.ts';
import type { JoinCommand, ResumeCommand } from '../command.ts';
import type { ChannelChange, Decision, MembershipChange } from '../decision.ts';
import { isOfOne } from '../policy.ts';
import { nextClientSeq } from './client-seq.ts';
import { interruptedSinceMs } from './lease.ts';
import { linkedByToken } from './link.ts';
import type { Member } from './member.ts';
import { type PublishRights, recordedRights, sameRights } from './rights.ts';

/**
 * Decides whether a client that came back still has its membership. It is attached anew, also if its link was live: what is told late
 * of the attachment before then changes nothing.
 */
export function decideResume(channel: Channel, command: ResumeCommand, nowMs: number): Decision {
  const { connectionId, uid, account, attempt = 0 } = command;
  if (channel.sid === undefined) return { refused: 'resume_invalid' };
  const { roster } = channel;
  const member = uid === undefined ? roster.getByConnection(connectionId) : roster.get(uid);
  if (!member || (account !== undefined && account !== member.account)) return { refused: 'resume_invalid' };
  // Told "join anew", a client that comes back by itself would push out the device that took its place.
  if (member.connectionId !== connectionId) return { refused: 'replaced' };
  // A try that its client has given up, and that came later than its next one.
  if (attempt < (member.attempt ?? 0)) return { refused: 'replaced' };
  const { publish = member.publish, userId } = command;
  const { tokenEndsMs = command.tokenNeverEnds ? undefined : member.tokenEndsMs } = command;
  return {
    changes: [
      attached(channel, member, command, nowMs),
      ...renewed(channel, member, { tokenEndsMs, publish, userId }, nowMs),
    ],
  };
}

function attached(
  { key }: Channel,
  member: Member,
  { attempt = 0, on }: ResumeCommand,
  nowMs: number,
): MembershipChange {
  const { uid, connectionId, clientSeq, link } = member;
  return {
    type: 'link-live',
    app: key.app,
    channel: key.name,
    atMs: nowMs,
    uid,
    connectionId,
    attachment: nextClientSeq(clientSeq, nowMs),
    ...((attempt > 0 || isOfOne(key.kind)) && { attempt }),
    ...(on !== undefined && { on }),
    ...(interruptedSinceMs(link) === undefined && { unbroken: true as const }),
  };
}

/** A session that is there, as far as it says whose it is. */
interface Present extends Pick<Member, 'attempt'> {
  readonly insteadOf?: string | undefined;
}
/** The session that a client came back for, if any, and which of its tries that is. */
type Claim = Pick<JoinCommand, 'insteadOf' | 'attempt'>;

/**
 * Does a login come back for a session that is no more, while the one that is there is none of that client's, or was taken with a later
 * try of it? Told "begin anew", such a client would push out the device that took its place. A client is known by the session that it
 * last heard of: whatever is there instead of that was made for it, and its welcome may be lost. Of one that an older server made it is
 * not known for whom, and it gives way.
 */
export function isOfAnother(present: Present, { insteadOf, attempt = 0 }: Claim): boolean {
  if (insteadOf === undefined || present.attempt === undefined) return false;
  return present.insteadOf !== insteadOf || attempt < present.attempt;
}

/** The member without whom it was made for: that client has the one in its place, and nothing of its own has ended. */
export function withoutClient({ insteadOf: _, ...member }: Member): Member {
  return member;
}

/** What a token says of a member. */
interface TokenOfMember {
  readonly tokenEndsMs?: number | undefined;
  readonly publish?: PublishRights | undefined;
  readonly userId?: string | undefined;
}

/** The records of the end and the rights of its token, and of the user that it names; none if they are what they were. */
export function renewed(
  channel: Channel,
  member: Member,
  token: TokenOfMember,
  nowMs: number,
): readonly MembershipChange[] {
  const { key } = channel;
  const { uid, tokenEndsMs: previousMs, publish: previous } = member;
  const { tokenEndsMs, userId } = token;
  const linked = linkedByToken(channel, member, userId, nowMs);
  const rights = recordedRights(token.publish);
  if (tokenEndsMs === previousMs && sameRights(rights.publish, previous)) return linked;
  const until = tokenEndsMs === undefined ? {} : { tokenEndsMs };
  const base = { app: key.app, channel: key.name, atMs: nowMs, uid };
  return [{ type: 'token-renewed', ...base, ...until, ...rights }, ...linked];
}

/** The number of the attachment that these changes made of the connection. */
export function attachmentOf(changes: readonly ChannelChange[], connectionId: string): number | undefined {
  for (const change of changes)
    if (change.type === 'link-live' && change.connectionId === connectionId) return change.attachment;
  return undefined;
}
