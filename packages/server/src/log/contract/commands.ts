import type { ConnectionKind, Profile, Role } from '@housecount/protocol';
import type { ChannelCommand } from '../../channel/command.ts';
import type { ChannelRecord } from '../../channel/decision.ts';
import type { PublishRights } from '../../channel/membership/rights.ts';
import type { SignalingCommand, SignalingKind, SignalingState } from '../../channel/signaling.ts';
import type { ChannelState, Member, OpenChannel } from '../../channel/state.ts';
import type { Refused } from './refused.ts';

export interface JoinRequest {
  readonly app: string;
  readonly channel: string;
  /** Number given, 0 for "assign one", or a string account. */
  readonly identity: { readonly uid: number } | { readonly account: string };
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  readonly role: Role;
  readonly profile?: Profile;
  readonly platform: number;
  readonly clientType?: number;
  readonly tokenEndsMs?: number;
  /** False: without a publish privilege, so that the places kept for those who have one are none of its. */
  readonly mayPublish?: boolean;
  /** What the token allows to publish; undefined: the app does not hold publishing to tokens. */
  readonly publish?: PublishRights;
  /** Of a plain client: the connection of the session that it had opened before with the same token. */
  readonly formerConnectionId?: string;
  readonly leaseMs: number;
  /** Address of the peer, for ip rules. Not logged. */
  readonly ip: string;
}

export type JoinOutcome =
  | { readonly ok: true; readonly channel: OpenChannel; readonly member: Member; readonly resumed: boolean }
  | Refused;

export type CommandOutcome =
  | { readonly ok: true; readonly state: ChannelState; readonly records: readonly ChannelRecord[] }
  | Refused;

/** Names a signaling channel. */
export interface SignalingKey {
  readonly app: string;
  readonly channelType: SignalingKind;
  readonly channel: string;
}

export type SignalingRequest =
  | {
      readonly type: 'join';
      readonly identity: JoinRequest['identity'];
      /** The session's id. */
      readonly connectionId: string;
      readonly quiet: boolean;
      readonly leaseMs: number;
      readonly tokenEndsMs?: number;
      readonly ip: string;
    }
  | Exclude<SignalingCommand, { type: 'join' | 'recover' | 'blind' | 'tick' | 'set-role' }>;

export type SignalingOutcome = { readonly ok: true; readonly state: SignalingState } | Refused;

/** What is asked of channels. Decide and record are one act: a promise resolves only when the records are durable. */
export interface Commands {
  join(request: JoinRequest): Promise<JoinOutcome>;
  /** Everything but join. Unknown channel: refused `not_joined`. */
  submit(
    app: string,
    channel: string,
    command: Exclude<ChannelCommand, { type: 'join' | 'recover' | 'blind' | 'tick' }>,
  ): Promise<CommandOutcome>;
  /**
   * Joins a signaling channel, or does what else is asked of it; a join of who has the same session changes `quiet`
   * alone. Refused as the live channel's commands are, and by the codes of states, metadata and locks. The state is that of
   * now; after a change of metadata that which it made, for a writer may insist on its revision next.
   */
  signaling(key: SignalingKey, command: SignalingRequest): Promise<SignalingOutcome>;
}
