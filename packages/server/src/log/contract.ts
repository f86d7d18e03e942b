import type { Code, ConnectionKind, Profile, Role, RuleScope } from '@housecount/protocol';
import type { ChannelCommand } from '../channel/command.ts';
import type { ChannelRecord } from '../channel/decision.ts';
import type { PublishRights } from '../channel/membership/rights.ts';
import type { KickingRule, Privilege } from '../channel/rules.ts';
import type { SignalingCommand, SignalingKind, SignalingState } from '../channel/signaling.ts';
import type { ChannelState, Member, OpenChannel } from '../channel/state.ts';
import type { Ending, PutOut } from './decide/endings.ts';
import type { Erasure, LogEntry, MessageRecord } from './record.ts';

/** A refusal is an outcome, not a failure: nothing changed, and the code says why. */
export type Refused = {
  readonly ok: false;
  readonly code: Code;
  readonly detail?: string;
  /** With `banned`: what the rule is about. */
  readonly ruleScope?: RuleScope;
};

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

export type RuleDraft = Pick<KickingRule, 'app' | 'channel' | 'uid' | 'account' | 'ip' | 'privileges'>;

/**
 * The log as the rest of the server sees it. Decide and record are one act: every promise resolves only when the
 * records are durable. Reads show the durable state only.
 */
export interface Log {
  join(request: JoinRequest): Promise<JoinOutcome>;
  /** The uid of an identity, for what is to be about it whether it joins or not, as a kicking rule: what its name does not tell is recorded. */
  resolve(
    app: string,
    channel: string,
    identity: JoinRequest['identity'],
  ): Promise<{ ok: true; uid: number } | Refused>;
  /** Everything but join. Unknown channel: refused `not_joined`. */
  submit(
    app: string,
    channel: string,
    command: Exclude<ChannelCommand, { type: 'join' | 'recover' | 'blind' | 'tick' }>,
  ): Promise<CommandOutcome>;

  /** Sets a rule that lasts `durationMs` from now and, for join_channel, puts the members it matches offline, and out of signaling channels (reason kicked). 0: kicks once, stores nothing. */
  createRule(draft: RuleDraft, durationMs: number): Promise<{ ok: true; rule: KickingRule } | Refused>;
  changeRule(app: string, id: number, durationMs: number): Promise<{ ok: true; rule: KickingRule } | Refused>;
  deleteRule(app: string, id: number): Promise<{ ok: true } | Refused>;
  rules(app: string): readonly KickingRule[];
  /** If a rule keeps this subject from `privilege` now: what the rule is about. */
  banned(
    app: string,
    subject: { channel: string; uid: number; ip: string },
    privilege: Privilege,
  ): RuleScope | undefined;

  /** How others ended the membership that this connection backed, or the session of this id; undefined: they did not, or that is forgotten. */
  endingOf(app: string, connectionId: string): Ending | undefined;
  /** The channels that a rule put a session out of since it subscribed to them last. */
  putOut(app: string, sessionId: string): readonly PutOut[];

  /** The durable state; immutable, so a reader may keep it as long as it likes. undefined if closed. */
  channel(app: string, channel: string): OpenChannel | undefined;
  /** Open channels of an app, ordered by name. */
  channels(app: string): readonly OpenChannel[];
  /** The uid that an account has, whether it ever joined or not; undefined if that of its name is somebody else's, and it has no other yet. */
  uidOf(app: string, account: string): number | undefined;
  /** The uid that a join of the channel would have now; a free one for uid 0. Nothing is recorded: the join may be given another. */
  expectedUid(app: string, channel: string, identity: JoinRequest['identity']): number;

  /** Remembers, for address rules, where a connection that resumed comes from. */
  noteAddress(app: string, channel: string, member: { uid: number; connectionId: string }, ip: string): void;
  /** The same, of a session and one of the channels that it subscribes to. */
  noteSignalingAddress(key: SignalingKey, connectionId: string, ip: string): void;

  /**
   * Joins a signaling channel, or does what else is asked of it; a join of who has the same session changes `quiet`
   * alone. Refused as the live channel's commands are, and by the codes of states, metadata and locks. The state is that of
   * now; after a change of metadata that which it made, for a writer may insist on its revision next.
   */
  signaling(key: SignalingKey, command: SignalingRequest): Promise<SignalingOutcome>;
  /** The durable state of a signaling channel; undefined if nobody subscribes. */
  signalingChannel(key: SignalingKey): SignalingState | undefined;
  /** The same, with its metadata and locks, whoever subscribes; empty if nothing is known of it. */
  signalingState(key: SignalingKey): SignalingState;
  /** Every signaling channel of which anything is known, of all apps, in no order. */
  signalingChannels(): readonly SignalingState[];

  /** Keeps a message; resolves with its time, later than that of every earlier one of the conversation. */
  keepMessage(message: Omit<MessageRecord, 'type' | 'atMs'>): Promise<{ ok: true; atMs: number } | Refused>;
  /** Deletes kept messages, as soon as whoever keeps them reads of it; those of later do not count. */
  eraseMessages(app: string, erased: Erasure): Promise<{ ok: true } | Refused>;

  readonly lastPosition: number;
  /** Of the oldest entry that is still kept; of the next one, if there is none. */
  readonly firstPosition: number;
  /** Position up to which entries lie further back than the newest `bytes` bytes of the log, about; 0: none. */
  beyond(bytes: number): number;
  /** Why the log could not be written when it was last tried, in a sentence; undefined if it could. */
  readonly trouble: string | undefined;
  /**
   * Durable entries after `after`, in order, in batches, for ever; ends when the signal aborts. From memory while the
   * reader keeps up, else from the engine. A slow consumer delays only itself: nothing is buffered for it.
   */
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]>;

  /** Records after `cursor()` are kept for this reader, whatever the retention. Returns the release. */
  hold(cursor: () => number): () => void;

  /** Ends timers, flushes, snapshots. Members stay: a restart within the recovery lease makes no events. */
  stop(): Promise<void>;
}
