import type { SignalingContent } from '@housecount/protocol';
import type { ChannelRecord } from '../channel/decision.ts';
import type { KickingRule } from '../channel/rules.ts';
import type { SignalingRecord } from '../channel/signaling.ts';

/** Everything that the log holds. JSON, UTF-8, one object per record. */
export type LogRecord =
  | ChannelRecord
  | SignalingRecord
  | MessageRecord
  | MessagesErased
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
  | { readonly type: 'rule-set'; readonly app: string; readonly rule: KickingRule; readonly atMs: number }
  | { readonly type: 'rule-deleted'; readonly app: string; readonly ruleId: number; readonly atMs: number };

/** A message that is kept. `atMs` is later than that of every earlier one of the conversation. */
export interface MessageRecord extends MessagePlace {
  readonly type: 'message';
  readonly atMs: number;
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
}

/** Kept messages are deleted: of a conversation, or wherever one user takes part. */
export interface MessagesErased {
  readonly type: 'messages-erased';
  readonly app: string;
  readonly atMs: number;
  readonly erased: Erasure;
}

/** Where a message is: in a channel, or sent to a user. */
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

/** Is it about one channel, and not about an app as a whole? */
export const isChannelRecord = (record: LogRecord): record is ChannelRecord =>
  record.type !== 'message' &&
  record.type !== 'messages-erased' &&
  record.type !== 'signaling' &&
  record.type !== 'account-key' &&
  record.type !== 'account-mapped' &&
  record.type !== 'rule-set' &&
  record.type !== 'rule-deleted';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeRecord = (record: LogRecord): Uint8Array => encoder.encode(JSON.stringify(record));
/** The engine has checked the bytes' checksum; they are what encodeRecord made. */
export const decodeRecord = (payload: Uint8Array): LogRecord =>
  JSON.parse(decoder.decode(payload)) as LogRecord;
