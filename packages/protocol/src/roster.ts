import type { ChannelEvent, ConnectionKind, Profile, Role } from './events.ts';
import type { LeaveReason } from './reasons.ts';

/** A member as clients and the native REST API see it. */
export interface RosterMember {
  readonly uid: number;
  readonly account?: string;
  readonly role: Role;
  readonly platform: number;
  readonly clientType?: number;
  readonly connection: ConnectionKind;
  /** Epoch milliseconds. */
  readonly joinedMs: number;
  /** The time since which the member's connection is silent, epoch milliseconds; absent while it is not. A state, not an event. */
  readonly interruptedSinceMs?: number;
}

/** One change of the roster on the native stream. `seq` is dense: a hole means a missed change. */
export type RosterChange =
  | { readonly seq: number; readonly atMs: number; readonly type: 'opened'; readonly profile: Profile }
  | { readonly seq: number; readonly atMs: number; readonly type: 'closed' }
  | {
      readonly seq: number;
      readonly atMs: number;
      readonly type: 'joined';
      /** Nobody is silent as they join. */
      readonly member: Omit<RosterMember, 'interruptedSinceMs'>;
    }
  | {
      readonly seq: number;
      readonly atMs: number;
      readonly type: 'left';
      readonly uid: number;
      readonly account?: string;
      readonly role: Role;
      readonly reason: LeaveReason;
      readonly lastHeardMs: number;
    }
  | {
      readonly seq: number;
      readonly atMs: number;
      readonly type: 'role';
      readonly uid: number;
      readonly account?: string;
      readonly role: Role;
    };

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
        role: event.role,
      };
  }
}
