import type { ConnectionKind, Evidence, Profile, Role, RuleScope, StreamState } from '@housecount/protocol';
import type { PublishRights } from './membership/rights.ts';
import type { LockCommand, LockRefusal } from './parts/locks.ts';
import type { MetadataCommand, MetadataRefusal } from './parts/metadata.ts';
import type { StatesCommand } from './parts/states.ts';
import type { TopicCommand, TopicRefusal } from './parts/topics.ts';

/** A request to one channel. Made by live/, signaling/, whip/, api/ and log/ (timers); decided by apply.ts and nowhere else. */
export type ChannelCommand =
  | MembershipCommand
  | StatesCommand
  | TopicCommand
  | MetadataCommand
  | LockCommand
  | TimeCommand;

/**
 * A request about the members of a channel. The `attachment` of a leave, a silence or a sign of life is the one it speaks of (Member):
 * once the member has another it changes nothing. undefined: it speaks of whichever there is.
 */
export type MembershipCommand =
  | JoinCommand
  | {
      readonly type: 'leave';
      readonly connectionId: string;
      readonly evidence: Evidence;
      readonly attachment?: number;
    }
  | {
      readonly type: 'set-role';
      readonly connectionId: string;
      readonly role: Role;
      /** False: the places kept for those who have a publish privilege are none of its. For log/, which sets the limits. */
      readonly mayPublish?: boolean;
    }
  /** Lease bookkeeping: the connection was last heard at `lastHeardMs`. Makes the member `interrupted`; no event. */
  | {
      readonly type: 'silent';
      readonly connectionId: string;
      readonly lastHeardMs: number;
      readonly evidence: Evidence;
      readonly attachment?: number;
      /** Its lease does not end before this, epoch milliseconds: nothing could be recorded for a while. */
      readonly endsFromMs?: number;
    }
  /** The connection is heard again within its lease. No event. */
  | { readonly type: 'heard'; readonly connectionId: string; readonly attachment?: number }
  /**
   * A client came back with its resume key: same connection id, no event. Refused `resume_invalid` once it has left,
   * `replaced` if another connection backs the uid, or a later attempt of this one was taken.
   */
  | ResumeCommand
  /** `tokenEndsMs` undefined: the join privilege never ends. `publish` undefined: the app does not hold publishing to tokens. */
  | {
      readonly type: 'renew-token';
      readonly connectionId: string;
      readonly tokenEndsMs?: number;
      readonly publish?: PublishRights;
      /** The signaling user that the token names beside the member. */
      readonly userId?: string;
    }
  /**
   * The streams that a broadcaster sends over this connection; of who is none it changes nothing. No event. `isFact`: whether or not
   * its client asks for it, so that it waits until it is recorded.
   */
  | {
      readonly type: 'set-streams';
      readonly connectionId: string;
      readonly audio: boolean;
      readonly video: boolean;
      readonly isFact?: true;
    }
  /**
   * Says who the member is over signaling: `userId`, which its page proved, or nobody but itself; then only a member of which a link was
   * awaited changes. No event: nobody leaves or joins. Who is linked stays so until it leaves, or is linked to somebody else.
   */
  | {
      readonly type: 'link';
      readonly connectionId: string;
      readonly attachment?: number;
      readonly userId?: string;
    }
  /**
   * Makes the members who fit every part that is set leave with reason kicked; neither uid nor connectionIds: everybody. As many
   * leave as one transaction may hold: as long as they are that many, it is asked again.
   */
  | {
      readonly type: 'kick';
      readonly uid?: number;
      readonly connectionIds?: readonly string[];
      /** Only those who had come by this seq of this life: so that it can be asked again, and means the same people. */
      readonly arrivedBy?: { readonly sid: string; readonly seq: number };
      /** The scope of the rule that kicks them, for those who are told of the leave. */
      readonly ruleScope?: RuleScope;
    };

/** A command that no client sends. Time passed: leases and tokens that ended by now take effect, of as many members as one transaction may hold. */
export interface TimeCommand {
  readonly type: 'tick';
}

export interface ResumeCommand {
  readonly type: 'resume';
  readonly connectionId: string;
  /** The uid that the key is of; undefined (signaling): whoever the connection backs. */
  readonly uid?: number;
  /** The account that the client says it is; undefined: it says none. */
  readonly account?: string;
  /** Which of the client's tries it is; undefined: 0. */
  readonly attempt?: number;
  /** The number of the node's incarnation that it came to. */
  readonly on?: number;
  /** The end of the token it brought; undefined keeps what is known, unless `tokenNeverEnds`. */
  readonly tokenEndsMs?: number;
  readonly tokenNeverEnds?: true;
  /** The rights that the token gives; undefined keeps what is known. */
  readonly publish?: PublishRights;
  /** The signaling user that the token names beside the member; undefined keeps what is known. */
  readonly userId?: string;
}

export interface JoinCommand {
  readonly type: 'join';
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  /** The number of the node's incarnation that it came to. */
  readonly on?: number;
  /** 1…2^32−1; accounts and assigned uids are resolved before (log/decide/identity.ts). */
  readonly uid: number;
  readonly account?: string;
  readonly role: Role;
  /** undefined (WHIP, WHEP): whatever the channel has, `live` if it opens now. */
  readonly profile?: Profile;
  readonly platform: number;
  readonly clientType?: number;
  readonly tokenEndsMs?: number;
  /** The rights to publish that the token gives; undefined: the app does not hold publishing to tokens. */
  readonly publish?: PublishRights;
  /** The streams that a broadcaster sends already: a plain client, whose media connects first. */
  readonly streams?: StreamState;
  /** For a plain client: the connection of the session that it had opened before with the same token, whose membership it takes up again. */
  readonly formerConnectionId?: string;
  /** For a user's own channel: the session, no more there, that its client came back for; undefined: it came for none. */
  readonly insteadOf?: string;
  /** For a user's own channel: which of its client's tries it is. */
  readonly attempt?: number;
  /** Silence allowed for this connection, milliseconds. */
  readonly leaseMs: number;
  /** True for a quiet member: nobody is told of it, and no list has it. A join of a connection that is in changes this alone, where the kind has it. */
  readonly quiet?: boolean;
  /** The signaling user that the token names beside the member. */
  readonly userId?: string;
  /** Its page says that a link to a user comes (live channels); not heeded of a member whose `userId` is known. */
  readonly linkAwaited?: boolean;
  /** The token names nobody, so that equal ids prove nothing. */
  readonly unproven?: boolean;
  /** Used if this join opens the channel. */
  readonly newSid: string;
}

export type ChannelRefusal = {
  readonly refused:
    | 'profile_mismatch'
    | 'role_invalid'
    | 'not_joined'
    | 'already_joined'
    | 'resume_invalid'
    | 'replaced'
    | 'channel_full'
    | 'hosts_full'
    | 'links_full'
    | 'token_no_privilege'
    | 'states_full'
    | TopicRefusal
    | MetadataRefusal
    | LockRefusal;
};
