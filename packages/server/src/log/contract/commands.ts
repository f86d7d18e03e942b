import type { ConnectionKind, Profile, Role, StreamState } from '@housecount/protocol';
import type { Channel, ChannelKey, OpenChannel } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand, TimeCommand } from '../../channel/command.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import type { Member } from '../../channel/membership/member.ts';
import type { PublishRights } from '../../channel/membership/rights.ts';
import type { Refused } from './refused.ts';

/** An identity: the number given, 0 for "assign one", or a string account. */
export type Identity = { readonly uid: number } | { readonly account: string };

export interface JoinRequest {
  readonly key: ChannelKey;
  readonly identity: Identity;
  /** The id of the connection; for signaling, of the session. */
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  readonly role: Role;
  readonly profile?: Profile;
  readonly platform: number;
  readonly clientType?: number;
  readonly tokenEndsMs?: number;
  /** False: without a publish privilege, so that the places kept for those who have one are none of its. */
  readonly mayPublish?: boolean;
  /** The rights to publish that the token gives; undefined: the app does not hold publishing to tokens. */
  readonly publish?: PublishRights;
  /** The streams that a plain client sends already. */
  readonly streams?: StreamState;
  /** For a plain client: the connection of the session that it had opened before with the same token. */
  readonly formerConnectionId?: string;
  /** The next two as in JoinCommand. Refused as that session was ended by others, or `replaced` by one of another client. */
  readonly insteadOf?: string;
  readonly attempt?: number;
  readonly leaseMs: number;
  /** For signaling: nobody is told of the member. A join of a session that is in changes this alone. */
  readonly quiet?: boolean;
  /** The next three as in JoinCommand; live channels alone. */
  readonly userId?: string;
  readonly linkAwaited?: boolean;
  readonly unproven?: boolean;
  /** Address of the peer, for the rules that keep it out; empty if there is none. Neither logged nor kept. */
  readonly ip: string;
}

export type JoinOutcome =
  | { readonly ok: true; readonly channel: OpenChannel; readonly member: Member; readonly resumed: boolean }
  | Refused;

type Silent = Extract<ChannelCommand, { readonly type: 'silent' }>;
type LockHolder = Extract<ChannelCommand, { readonly type: 'lock-holder' }>;

/**
 * Whatever is asked of a channel but a join, and but what time does to it. A silence is told by its age: nothing was heard for `silentMs`
 * milliseconds when it is told, so that no clock but the log's makes a time of the log. So is the absence of who holds locks; undefined: they
 * are back.
 */
export type Asked =
  | Exclude<ChannelCommand, JoinCommand | TimeCommand | Silent | LockHolder>
  | (Omit<Silent, 'lastHeardMs'> & { readonly silentMs: number })
  | (Omit<LockHolder, 'offlineSinceMs'> & { readonly offlineMs: number | undefined });

export type CommandOutcome =
  | { readonly ok: true; readonly channel: Channel; readonly changes: readonly ChannelChange[] }
  | Refused;

/** The commands to channels. Decide and record are one act: a promise resolves only when the records are durable. */
export interface Commands {
  /** Refused `replaced` if it was put out again before anybody could be told that it is in. */
  join(request: JoinRequest): Promise<JoinOutcome>;
  /**
   * Everything but join. Refused `not_joined` where a member asks and is none. The channel of the outcome is that of now;
   * after a change of metadata that which it made, for a writer may insist on its revision next.
   */
  submit(key: ChannelKey, command: Asked): Promise<CommandOutcome>;
}
