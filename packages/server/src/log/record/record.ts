import type { SignalingContent } from '@housecount/protocol';
import type { ChannelKey } from '../../channel/channel.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import type { KickingRule, PutOutOnce } from '../../channel/rules.ts';
import type { SharedChange } from '../../channel/shared-change.ts';

/** Everything that the log holds, as the server has it in memory; how it is written is codec.ts's alone. */
export type LogRecord = ChannelRecord | AppRecord | NodeUp | SharedChange;

/** A change of one channel, of whatever kind. */
export interface ChannelRecord {
  readonly type: 'channel';
  readonly key: ChannelKey;
  readonly change: ChannelChange;
}

/** A node started: from now on it has a say, under this number. */
export interface NodeUp {
  readonly type: 'node-up';
  readonly atMs: number;
  readonly node: string;
  /** Random, and another one at each start. */
  readonly incarnation: string;
  /** Counts the starts of all nodes; attachments name it. */
  readonly on: number;
}

/** A record about an app as a whole, or all apps. */
export type AppRecord =
  | MessageRecord
  | MessagesErased
  | MediaWatched
  /** The key of the uids that accounts have by their names (account-uids.ts), for ever: recorded with the first account that joins. */
  | { readonly type: 'account-key'; readonly key: string; readonly atMs: number }
  /** A string account got a uid that is not that of its name. Once each one's was recorded. */
  | {
      readonly type: 'account-mapped';
      readonly app: string;
      readonly account: string;
      readonly uid: number;
      readonly atMs: number;
    }
  | RuleSet
  | { readonly type: 'rule-deleted'; readonly app: string; readonly ruleId: number; readonly atMs: number };

/** A rule was made, or changed. */
export interface RuleSet {
  readonly type: 'rule-set';
  readonly app: string;
  readonly rule: KickingRule;
  /** Of a rule about an address that was just made, and keeps from joining: whom the edges put out, of those who come from there. */
  readonly putsOut?: PutOutOnce;
  readonly atMs: number;
}

/** A message that is kept. `atMs` is later than that of every earlier one of the conversation. */
export interface MessageRecord extends MessagePlace {
  readonly type: 'message';
  readonly atMs: number;
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
}

/** Kept messages are deleted: those of a conversation, or of every conversation in which one user takes part. */
export interface MessagesErased {
  readonly type: 'messages-erased';
  readonly app: string;
  readonly atMs: number;
  readonly erased: Erasure;
}

/**
 * How long media was really carried in one stay of a live channel, since the mark before of the same stay: all its marks together
 * make the whole. It may come after the leave. Nothing is decided by it, and no client is told.
 */
export interface MediaWatched {
  readonly type: 'media-watched';
  readonly app: string;
  readonly channel: string;
  /** With the next one the stay's id: the life of the channel, and the seq of the join in it. */
  readonly sid: string;
  readonly joinedSeq: number;
  readonly uid: number;
  /** Whole seconds in which a packet of a host was forwarded to any session of the stay, as milliseconds. */
  readonly watchedMs: number;
  /** Whole seconds in which a packet was taken from any session of it. */
  readonly publishedMs: number;
  readonly atMs: number;
}

/** The place of a message: in a channel, or sent to a user. */
export interface MessagePlace {
  readonly app: string;
  readonly channelType: 'MESSAGE' | 'USER';
  /** The channel, or the user it was sent to. */
  readonly channel: string;
}

/** Messages of a channel: all, those of a publisher, or the one of a time; or of a user: all that they sent or got. */
export type Erasure =
  | { readonly channel: string; readonly publisher?: string; readonly timestamp?: number }
  | { readonly userId: string };

/** A record with its position in the partition: what readers follow. */
export interface LogEntry {
  readonly position: number;
  readonly record: LogRecord;
}

export const recordOf = (key: ChannelKey, change: ChannelChange): ChannelRecord => ({
  type: 'channel',
  key,
  change,
});

/** Is it about every channel at once? */
export const isShared = (record: LogRecord): record is SharedChange =>
  record.type === 'node-lost' || record.type === 'blind' || record.type === 'absent-shown';

/** When it was decided, epoch milliseconds. */
export const timeOf = (record: LogRecord): number =>
  record.type === 'channel' ? record.change.atMs : record.atMs;

/**
 * The time that the log has come to with it, epoch milliseconds; undefined of a message, whose time may be ahead of it: those of a
 * conversation have each its own.
 */
export const passedMs = (record: LogRecord): number | undefined =>
  record.type === 'message' ? undefined : timeOf(record);

/** The change of a live channel; undefined of every other record. */
export const liveChangeOf = (record: LogRecord): ChannelChange | undefined =>
  record.type === 'channel' && record.key.kind === 'live' ? record.change : undefined;
