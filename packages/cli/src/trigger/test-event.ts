import { randomBytes } from 'node:crypto';
import {
  type ChannelEvent,
  type EventsLost,
  type NoticeType,
  noticeTypes,
  type Profile,
  type Role,
} from '@housecount/protocol';

export interface TestSubject {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly account?: string;
}

/** Time that the member of a test leave was in the channel, milliseconds. */
const stayMs = 90_000;

/** A new name for a life of a channel. */
export const newSid = () => randomBytes(16).toString('hex').toUpperCase();

/** An event as the server decides them, whose notice has the type asked for; in a life of its own unless told otherwise. */
export function testEvent(
  eventType: NoticeType,
  subject: TestSubject,
  nowMs: number,
  sid = newSid(),
): ChannelEvent {
  const { app, channel, uid, account } = subject;
  const isCommunication =
    eventType === noticeTypes.communicationJoin || eventType === noticeTypes.communicationLeave;
  const profile: Profile = isCommunication ? 'communication' : 'live';
  const place = { app, channel, sid, atMs: nowMs, profile };
  const role: Role = audienceTypes.includes(eventType) ? 'audience' : 'broadcaster';
  const who = {
    uid,
    ...(account !== undefined && { account }),
    role,
    platform: 7,
    clientSeq: nowMs + 1,
  };
  switch (eventType) {
    case noticeTypes.channelCreate:
      return { ...place, type: 'channel-opened', seq: 1, count: 0 };
    case noticeTypes.channelDestroy:
      return { ...place, type: 'channel-closed', seq: 4, count: 0, lastUid: uid };
    case noticeTypes.broadcasterJoin:
    case noticeTypes.audienceJoin:
    case noticeTypes.communicationJoin:
      return {
        ...place,
        ...who,
        type: 'member-joined',
        clientSeq: nowMs,
        seq: 2,
        count: 1,
        connectionId: 'test',
        connectionKind: 'rtc',
        leaseMs: 10_000,
      };
    case noticeTypes.broadcasterLeave:
    case noticeTypes.audienceLeave:
    case noticeTypes.communicationLeave:
      return {
        ...place,
        ...who,
        type: 'member-left',
        seq: 3,
        count: 0,
        connectionId: 'test',
        reason: 'quit',
        evidence: 'bye',
        lastHeardMs: nowMs,
        noticedMs: nowMs,
        joinedMs: nowMs - stayMs,
      };
    case noticeTypes.becameBroadcaster:
    case noticeTypes.becameAudience:
      return { ...place, ...who, type: 'role-changed', seq: 3, count: 1 };
  }
}

/** The life of a channel up to the event whose notice has the type asked for: nothing is missing before it. */
export function testLife(
  eventType: NoticeType,
  subject: TestSubject,
  nowMs: number,
): readonly ChannelEvent[] {
  const sid = newSid();
  return [...(before[eventType] ?? []), eventType].map((type) => testEvent(type, subject, nowMs, sid));
}

const { channelCreate, audienceJoin, audienceLeave, broadcasterJoin, communicationJoin } = noticeTypes;
const before: Readonly<Partial<Record<NoticeType, readonly NoticeType[]>>> = {
  [noticeTypes.channelDestroy]: [channelCreate, audienceJoin, audienceLeave],
  [broadcasterJoin]: [channelCreate],
  [noticeTypes.broadcasterLeave]: [channelCreate, broadcasterJoin],
  [audienceJoin]: [channelCreate],
  [audienceLeave]: [channelCreate, audienceJoin],
  [communicationJoin]: [channelCreate],
  [noticeTypes.communicationLeave]: [channelCreate, communicationJoin],
  [noticeTypes.becameBroadcaster]: [channelCreate, audienceJoin],
  [noticeTypes.becameAudience]: [channelCreate, broadcasterJoin],
};

/** Seqs 2 to 4 of a life that nobody has heard of are lost. */
export function testEventsLost({ app, channel }: TestSubject, nowMs: number): EventsLost {
  const range = { channel, sid: newSid(), fromSeq: 2, toSeq: 4 };
  return { type: 'events-lost', app, range, events: 3, fromMs: nowMs - stayMs, toMs: nowMs, atMs: nowMs };
}

const audienceTypes: readonly NoticeType[] = [
  noticeTypes.audienceJoin,
  noticeTypes.audienceLeave,
  noticeTypes.becameAudience,
];
