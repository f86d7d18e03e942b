import type { EventsLostNotice } from '../../notice.ts';
import type { NumberedChannel } from '../channel-lives.ts';

/** Emitted when the server says that events will not be sent; once more for each copy of that notice. */
export interface EventsLostChange {
  readonly noticeId: string;
  /** The channel whose events were lost; absent when many channels lost some, and this counts those that are not told one by one. */
  readonly channel?: string;
  /** The life that lost events, with the first and last seq lost. */
  readonly sid?: string;
  readonly fromSeq?: number;
  readonly toSeq?: number;
  /** The number of lost events that the endpoint would have been sent; absent if not known. */
  readonly events?: number;
  /**
   * The roster of the channel is right all the same: it had them, or the server was asked. False without `heal`, with `types` that name
   * only some, for plain channels, without a channel, and when the server was asked in vain.
   */
  readonly healed: boolean;
}

/** Part of one life of a channel. */
export interface LostRange {
  readonly channel: string;
  readonly sid: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** Reads the range that a notice says was lost; undefined in the one that counts the rest. */
export function rangeOf({ channelName, sid, fromSeq, toSeq }: EventsLostNotice): LostRange | undefined {
  if (channelName === undefined || sid === undefined || fromSeq === undefined || toSeq === undefined)
    return undefined;
  return { channel: channelName, sid, fromSeq, toSeq };
}

/** Nothing of the range is missing: the life is over, or further than that. */
export function isPast({ lives, ended }: NumberedChannel, { sid, toSeq }: LostRange): boolean {
  const life = lives.find((one) => one.sid === sid);
  return ended.includes(sid) || (life !== undefined && (life.closed || life.seq >= toSeq));
}

/** Words a notice of lost events for listeners. */
export function lostChangeOf(notice: EventsLostNotice, healed: boolean): EventsLostChange {
  const { noticeId, events } = notice;
  return { noticeId, ...rangeOf(notice), ...(events !== undefined && { events }), healed };
}
