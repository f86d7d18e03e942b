import type { ChannelEvent } from './events.ts';
import type { RosterChange } from './generated/live-frames.ts';

/** The change that a roster reader sees for a logged event. */
export function toRosterChange(event: ChannelEvent): RosterChange {
  const { seq, atMs } = event;
  switch (event.type) {
    case 'channel-opened':
      return { seq, atMs, type: 'opened', profile: event.profile };
    case 'channel-closed':
      return { seq, atMs, type: 'closed' };
    case 'member-joined':
      return {
        seq,
        atMs,
        type: 'joined',
        member: {
          uid: event.uid,
          ...(event.account !== undefined && { account: event.account }),
          ...(event.userId !== undefined && { userId: event.userId }),
          role: event.role,
          platform: event.platform,
          ...(event.clientType !== undefined && { clientType: event.clientType }),
          connection: event.connectionKind,
          joinedMs: atMs,
        },
      };
    case 'member-left':
      return {
        seq,
        atMs,
        type: 'left',
        uid: event.uid,
        ...(event.account !== undefined && { account: event.account }),
        ...(event.userId !== undefined && { userId: event.userId }),
        role: event.role,
        reason: event.reason,
        lastHeardMs: event.lastHeardMs,
      };
    case 'role-changed':
      return {
        seq,
        atMs,
        type: 'role',
        uid: event.uid,
        ...(event.account !== undefined && { account: event.account }),
        ...(event.userId !== undefined && { userId: event.userId }),
        role: event.role,
      };
  }
}
