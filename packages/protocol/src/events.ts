import type { Evidence, LeaveReason, RuleScope } from './reasons.ts';

/** A `broadcaster` (Agora's host) may send media, one of the `audience` may not. */
export type Role = 'broadcaster' | 'audience';
/** The kind of a channel, which the first member of a sid fixes. */
export type Profile = 'live' | 'communication';
/** The kind of connection that backs a member. */
export type ConnectionKind = 'rtc' | 'whip' | 'whep' | 'signaling';

/** Every event of a channel carries these. `seq` is dense in a `sid`: 1, 2, 3 … */
interface EventBase {
  readonly app: string;
  readonly channel: string;
  /** The id of one life of the channel, from first join to last leave. */
  readonly sid: string;
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after this event. */
  readonly count: number;
  readonly profile: Profile;
}

/** The member that the event is about. `account` is there only if the member joined with one; `uid` is then the stable mapped number. */
interface Subject {
  readonly uid: number;
  readonly account?: string;
  /** The signaling user that the member is linked to; absent: it is linked to none. */
  readonly userId?: string;
  /** Role after the event; on a leave, the role at the leave. */
  readonly role: Role;
  readonly platform: number;
  readonly clientType?: number;
  /** Strictly increasing per (app, channel, uid): max(previous + 1, now). */
  readonly clientSeq: number;
}

export interface ChannelOpened extends EventBase {
  readonly type: 'channel-opened';
}
export interface ChannelClosed extends EventBase {
  readonly type: 'channel-closed';
  readonly lastUid: number;
}
export interface MemberJoined extends EventBase, Subject {
  readonly type: 'member-joined';
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  /** The number of the server's start that it came to; of the server's own log. Absent in logs of before. */
  readonly on?: number;
  /** End of the join privilege, epoch milliseconds; absent when it never ends. */
  readonly tokenEndsMs?: number;
  /** With co-host authentication: the time until which the token allows to publish each kind, epoch milliseconds; it does not allow a kind that is missing. */
  readonly publish?: { readonly audioEndsMs?: number; readonly videoEndsMs?: number };
  /** Silence allowed for this connection before it is presumed gone, milliseconds. */
  readonly leaseMs: number;
  /** True for a quiet subscriber, whom nobody is told of; only signaling channels, which make no notices, have any. */
  readonly quiet?: true;
  /** Its page said that it will be linked: until that is known nobody is told of it over signaling. */
  readonly linkAwaited?: true;
  /** Its token names nobody, where the app asks for tokens: an account, or uid, that equals a user id proves nothing. */
  readonly unproven?: true;
}
export interface MemberLeft extends EventBase, Subject {
  readonly type: 'member-left';
  /** The connection that backed the member last. */
  readonly connectionId: string;
  readonly reason: LeaveReason;
  readonly evidence: Evidence;
  /** The scope of the kicking rule; only a kick has one. */
  readonly ruleScope?: RuleScope;
  /** When the server last heard from the member, epoch milliseconds. */
  readonly lastHeardMs: number;
  /** When the server noticed the silence or the goodbye, epoch milliseconds. */
  readonly noticedMs: number;
  /**
   * When presence ended, epoch milliseconds, if that was before the leave: when the silence began of a member that left without
   * a goodbye while it was silent. Logs of before have it only of those who were put out (presenceEndMs reads both).
   */
  readonly silentSinceMs?: number;
  /** When the member joined, epoch milliseconds. */
  readonly joinedMs: number;
}
export interface RoleChanged extends EventBase, Subject {
  readonly type: 'role-changed';
}

/** A change of a channel: decided, numbered, logged. The roster is the fold of these. */
export type ChannelEvent = ChannelOpened | ChannelClosed | MemberJoined | MemberLeft | RoleChanged;
export type MemberEvent = MemberJoined | MemberLeft | RoleChanged;
