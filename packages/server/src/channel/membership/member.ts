import type { ConnectionKind, Evidence, Role, StreamState } from '@housecount/protocol';
import type { PublishRights } from './rights.ts';

/** The state of the connection behind a member. A union of shapes, so that a live one cannot carry a lease's end. */
export type Link =
  | { readonly state: 'live' }
  /** Silent: the member leaves at `leaseEndsMs` unless heard before. */
  | {
      readonly state: 'silent';
      readonly lastHeardMs: number;
      readonly noticedMs: number;
      readonly evidence: Evidence;
      readonly leaseEndsMs: number;
      /** Nobody is told of it yet: the server started again, and its client has a moment to come back. */
      readonly untold?: true;
    };

export interface Member {
  readonly uid: number;
  readonly account?: string;
  readonly role: Role;
  readonly platform: number;
  readonly clientType?: number;
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  readonly joinedMs: number;
  /** seq of the join: orders members by arrival and pages the roster. */
  readonly joinedSeq: number;
  /** Of its last event or attachment. */
  readonly clientSeq: number;
  /** The number of the attachment that backs it: the clientSeq of its join or of its last resume. */
  readonly attachment: number;
  /** The newest attempt that was taken, if its client counts them; in a user's own channel always, but for sessions of before that was recorded. */
  readonly attempt?: number;
  /** In a user's own channel: the session that its client had come back for when it was given this one. It may not have heard of that. */
  readonly insteadOf?: string;
  /** The number of the node's incarnation that the attachment is at; absent: of before they were recorded. */
  readonly on?: number;
  readonly tokenEndsMs?: number;
  /** The rights to publish that the token gives, where the app asks for them; a member without any may send nothing there. */
  readonly publish?: PublishRights;
  readonly leaseMs: number;
  readonly link: Link;
  /** The streams that it sends over the connection that backs it; absent: none. */
  readonly streams?: StreamState;
  /** True for a quiet member: nobody is told of it, and no list has it. */
  readonly quiet?: true;
  /** The signaling user that it is linked to, over signaling shown under that id. */
  readonly userId?: string;
  /** Its page proved that link. */
  readonly linkedByPage?: true;
  /** A link is awaited: until it is known nobody is told of the member over signaling. */
  readonly linkAwaited?: true;
  /** Its token names nobody: its own account, or uid, proves nothing, whoever it is linked to. */
  readonly unproven?: true;
}

/** The id under which signaling knows a member: that of the user it is linked to, else its account, else its uid. */
export const userIdOf = ({
  userId,
  account,
  uid,
}: {
  readonly userId?: string;
  readonly account?: string;
  readonly uid: number;
}): string => userId ?? account ?? String(uid);
