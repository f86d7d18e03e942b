import type { ChannelEvent, Evidence } from '@housecount/protocol';
import type { ChannelRefusal } from './command.ts';
import type { PublishRights } from './membership/rights.ts';

/**
 * A change of a channel's bookkeeping that nobody is told about as an event: it has no seq and makes no notice. It is
 * logged all the same, because a crash must not forget when a member was last heard.
 */
export type ChannelMark =
  | {
      readonly type: 'link-silent';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      readonly connectionId: string;
      readonly lastHeardMs: number;
      readonly evidence: Evidence;
      readonly leaseEndsMs: number;
    }
  | {
      readonly type: 'link-live';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      /** The connection that backs the member from now on (another one if a WHIP or WHEP client came back by a new POST). */
      readonly connectionId: string;
    }
  | {
      readonly type: 'token-renewed';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      readonly tokenEndsMs?: number;
      readonly publish?: PublishRights;
    };

export type ChannelRecord = ChannelEvent | ChannelMark;

/** What apply decides: records to log, in order, as one transaction (possibly none), or a refusal. */
export type Decision = { readonly records: readonly ChannelRecord[] } | ChannelRefusal;

export const isMark = (record: ChannelRecord): record is ChannelMark =>
  record.type === 'link-silent' || record.type === 'link-live' || record.type === 'token-renewed';
