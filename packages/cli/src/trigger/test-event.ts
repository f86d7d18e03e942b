import { randomBytes } from 'node:crypto';
import {
  type ChannelEvent,
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

/** Seconds that the member of a test leave was in the channel. */
const stayMs = 90_000;

/** An event as the server decides them, whose notice has the type asked for. Its sid is new each time. */
export function testEvent(eventType: NoticeType, subject: TestSubject, nowMs: number): ChannelEvent {
  const { app, channel, uid, account } = subject;
  const isCommunication =
    eventType === noticeTypes.communicationJoin || eventType === noticeTypes.communicationLeave;
  const profile: Profile = isCommunication ? 'communication' : 'live';
  const place = { app, channel, sid: randomBytes(16).toString('hex').toUpperCase(), atMs: nowMs, profile };
  const role: Role = audienceTypes.includes(eventType) ? 'audience' : 'broadcaster';
  const who = {
    uid,
    ...(account !== undefined && { account }),
    role,
    platform: 7,
    clientSeq: nowMs,
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

const audienceTypes: readonly NoticeType[] = [
  noticeTypes.audienceJoin,
  noticeTypes.audienceLeave,
  noticeTypes.becameAudience,
];
