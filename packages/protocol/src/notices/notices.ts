import type { ChannelEvent, MemberJoined, MemberLeft, Role } from '../events.ts';
import type { AgoraNotice, NoticeType } from '../generated/notices.ts';
import { presenceEndMs } from '../presence-end.ts';
import { leaveReasons } from '../reasons.ts';

/** Numbers of the notices as Agora sends them (spec: notifications section 3). */
export const noticeTypes = {
  channelCreate: 101,
  channelDestroy: 102,
  broadcasterJoin: 103,
  broadcasterLeave: 104,
  audienceJoin: 105,
  audienceLeave: 106,
  communicationJoin: 107,
  communicationLeave: 108,
  becameBroadcaster: 111,
  becameAudience: 112,
} as const satisfies Readonly<Record<string, NoticeType>>;
export type { AgoraNotice, NoticeType };
export const noticeTypeNumbers: readonly NoticeType[] = Object.values(noticeTypes);

/** The numbers of a communication channel's joins and leaves: both are seen in the wild (spec section 7). */
export type CommunicationEvents = '107/108' | '103/104';

/** The number of the notice that an event makes. */
export function noticeTypeOf(event: ChannelEvent, communicationEvents: CommunicationEvents): NoticeType {
  switch (event.type) {
    case 'channel-opened':
      return noticeTypes.channelCreate;
    case 'channel-closed':
      return noticeTypes.channelDestroy;
    case 'role-changed':
      return event.role === 'broadcaster' ? noticeTypes.becameBroadcaster : noticeTypes.becameAudience;
    case 'member-joined':
      if (event.profile === 'communication' && communicationEvents === '107/108')
        return noticeTypes.communicationJoin;
      return joinTypeOf(event.role);
    case 'member-left':
      if (event.profile === 'communication' && communicationEvents === '107/108')
        return noticeTypes.communicationLeave;
      return event.role === 'broadcaster' ? noticeTypes.broadcasterLeave : noticeTypes.audienceLeave;
  }
}

function joinTypeOf(role: Role): NoticeType {
  return role === 'broadcaster' ? noticeTypes.broadcasterJoin : noticeTypes.audienceJoin;
}

/** One id per event, the same over every endpoint, copy, attempt, crash and replay: it is made of what the event is. */
export function noticeIdOf(event: ChannelEvent, eventType: NoticeType): string {
  return `${event.sid}:${event.seq}:${eventType}`;
}

/** The notice of an event in the `agora` format, key order fixed; serialise with JSON.stringify and sign those bytes. */
export function toAgoraNotice(
  event: ChannelEvent,
  options: { notifyMs: number; communicationEvents: CommunicationEvents },
): AgoraNotice {
  const eventType = noticeTypeOf(event, options.communicationEvents);
  return {
    sid: event.sid,
    noticeId: noticeIdOf(event, eventType),
    productId: 1,
    eventType,
    notifyMs: options.notifyMs,
    payload: payloadOf(event, eventType),
  };
}

function payloadOf(event: ChannelEvent, eventType: NoticeType): AgoraNotice['payload'] {
  const ts = secondsOf(event.type === 'member-left' ? presenceEndMs(event) : event.atMs);
  const { channel: channelName, seq, count } = event;
  switch (event.type) {
    case 'channel-opened':
      return { channelName, ts, seq, count };
    case 'channel-closed':
      return { channelName, ts, lastUid: event.lastUid, seq, count };
    case 'role-changed':
      return {
        clientSeq: event.clientSeq,
        uid: event.uid,
        channelName,
        ts,
        ...(event.account !== undefined && { account: event.account }),
        ...(event.userId !== undefined && { userId: event.userId }),
        seq,
        count,
      };
    case 'member-joined':
    case 'member-left':
      return {
        clientSeq: event.clientSeq,
        uid: event.uid,
        channelName,
        platform: event.platform,
        ...(hasClientType(event, eventType) && { clientType: event.clientType }),
        ...(event.type === 'member-left' && {
          reason: leaveReasons[event.reason],
          duration: Math.max(0, ts - secondsOf(event.joinedMs)),
        }),
        ts,
        ...(event.account !== undefined && { account: event.account }),
        ...(event.userId !== undefined && { userId: event.userId }),
        seq,
        count,
      };
  }
}

/** Whole seconds, as the format has them. */
const secondsOf = (ms: number): number => Math.floor(ms / 1000);

/** Spec section 4: only for platform 6, and never in 107 and 108. */
function hasClientType(event: MemberJoined | MemberLeft, eventType: NoticeType): boolean {
  const isCommunication =
    eventType === noticeTypes.communicationJoin || eventType === noticeTypes.communicationLeave;
  return event.platform === 6 && event.clientType !== undefined && !isCommunication;
}
