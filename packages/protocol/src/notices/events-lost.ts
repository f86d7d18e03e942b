import type { AgoraEventsLost, StandardEventsLost } from '../generated/notices.ts';
import type { NoticeType } from './notices.ts';
import { isoOf } from './standard-notices.ts';

/**
 * Events that waited for an endpoint longer than they are kept, and that it will not be sent: told to the endpoint
 * itself. It is no event of the channel: no seq is its own, and no roster changes by it. What was lost can be read from
 * the REST API (events after a seq, or a snapshot) while the history has it.
 */
export interface EventsLost {
  readonly type: 'events-lost';
  readonly app: string;
  /** The channel and life whose events were lost; absent when more lives lost events than are told one by one, and this counts the rest. */
  readonly range?: LostRange;
  /** Events of those that the endpoint would have been sent; absent when not known. */
  readonly events?: number;
  /** When the first and the last of them happened, epoch milliseconds; absent when not known. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** When they were given away, epoch milliseconds. */
  readonly atMs: number;
}

/** Part of one life of a channel: from the first to the last seq that was lost, both included. */
export interface LostRange {
  readonly channel: string;
  readonly sid: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** The number of the `agora` notice that tells of lost events. Housecount's own: Agora loses them without a word. */
export const eventsLostType = 190;
/** The number of any notice there is. */
export type NoticeNumber = NoticeType | typeof eventsLostType;

export type { AgoraEventsLost, StandardEventsLost };

/** The same over every copy and attempt; another one when more of the same life is lost. */
export function eventsLostIdOf({ app, range, fromMs, toMs, atMs }: EventsLost): string {
  const what = range
    ? `${range.sid}:${range.fromSeq}-${range.toSeq}`
    : `${app}:${fromMs ?? ''}-${toMs ?? atMs}`;
  return `${what}:${eventsLostType}`;
}

/** Key order fixed, as in every notice. */
export function toAgoraEventsLost(lost: EventsLost, notifyMs: number): AgoraEventsLost {
  const { range, events, fromMs, toMs } = lost;
  return {
    sid: range?.sid ?? '',
    noticeId: eventsLostIdOf(lost),
    productId: 1,
    eventType: eventsLostType,
    notifyMs,
    payload: {
      ...(range && { channelName: range.channel, fromSeq: range.fromSeq, toSeq: range.toSeq }),
      ...(events !== undefined && { events }),
      ...(fromMs !== undefined && { fromTs: Math.floor(fromMs / 1000) }),
      ...(toMs !== undefined && { toTs: Math.floor(toMs / 1000) }),
      ts: Math.floor(lost.atMs / 1000),
    },
  };
}

/** Key order fixed, as in every notice. */
export function toStandardEventsLost(lost: EventsLost): StandardEventsLost {
  const { range, events, fromMs, toMs } = lost;
  return {
    id: eventsLostIdOf(lost),
    type: 'events.lost',
    time: isoOf(lost.atMs),
    app: lost.app,
    ...(range && { channel: range.channel, sid: range.sid }),
    data: {
      ...(range && { fromSeq: range.fromSeq, toSeq: range.toSeq }),
      ...(events !== undefined && { events }),
      ...(fromMs !== undefined && { fromTime: isoOf(fromMs) }),
      ...(toMs !== undefined && { toTime: isoOf(toMs) }),
    },
  };
}
