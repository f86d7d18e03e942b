import type { HostState, RosterMember, StreamState } from '@housecount/protocol';
import type { Member } from '../../channel/membership/member.ts';

/** A member as clients see it. */
export function toRosterMember(member: Member): RosterMember {
  const { uid, account, userId, role, platform, clientType, connectionKind, joinedMs, link } = member;
  return {
    uid,
    ...(account !== undefined && { account }),
    ...(userId !== undefined && { userId }),
    role,
    platform,
    ...(clientType !== undefined && { clientType }),
    connection: connectionKind,
    joinedMs,
    ...(link.state === 'silent' && { interruptedSinceMs: link.lastHeardMs }),
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
    ...(link.state === 'silent' && { interrupted: true }),
  };
}
