import type { HostState, RosterMember, StreamState } from '@housecount/protocol';
import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import type { Member } from '../../channel/membership/member.ts';

/** A member as clients see it. */
export function toRosterMember(member: Member): RosterMember {
  const { uid, account, userId, role, platform, clientType, connectionKind, joinedMs, link } = member;
  const sinceMs = interruptedSinceMs(link);
  return {
    uid,
    ...(account !== undefined && { account }),
    ...(userId !== undefined && { userId }),
    role,
    platform,
    ...(clientType !== undefined && { clientType }),
    connection: connectionKind,
    joinedMs,
    ...(sinceMs !== undefined && { interruptedSinceMs: sinceMs }),
  };
}

/** A broadcaster as the channel's clients see it. */
export function toHostState(member: Member, streams: StreamState): HostState {
  const { uid, account, link } = member;
  return {
    uid,
    ...(account !== undefined && { account }),
    audio: streams.audio,
    video: streams.video,
    ...(interruptedSinceMs(link) !== undefined && { interrupted: true }),
  };
}
