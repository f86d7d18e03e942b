import type { ChannelEvent, MemberEvent } from '../events.ts';
import type { StandardJoined, StandardNotice } from '../generated/notices.ts';
import { presenceEndMs } from '../presence-end.ts';
import { platforms } from '../reasons.ts';
import { type CommunicationEvents, noticeIdOf, noticeTypeOf } from './notices.ts';

export type { StandardNotice };
/** The type of a notice in the `standard` format, as its body says. */
export type StandardNoticeType = StandardNotice['type'];

/** The notice of an event in the `standard` format, key order fixed; serialise with JSON.stringify and sign those bytes. */
export function toStandardNotice(
  event: ChannelEvent,
  communicationEvents: CommunicationEvents,
): StandardNotice {
  const { app, channel, sid, seq, count } = event;
  return {
    id: noticeIdOf(event, noticeTypeOf(event, communicationEvents)),
    ...wordsOf(event, { time: isoOf(event.atMs), app, channel, sid, seq, count }),
  };
}

type Place = Pick<StandardNotice, 'time' | 'app' | 'channel' | 'sid' | 'seq' | 'count'>;
type StandardMember = StandardJoined['data'];

function wordsOf(event: ChannelEvent, place: Place): DistributiveOmit<StandardNotice, 'id'> {
  switch (event.type) {
    case 'channel-opened':
      return { type: 'channel.opened', ...place, data: { profile: event.profile } };
    case 'channel-closed':
      return { type: 'channel.closed', ...place, data: { lastUid: event.lastUid } };
    case 'member-joined':
      return { type: 'member.joined', ...place, data: memberOf(event) };
    case 'role-changed':
      return { type: 'role.changed', ...place, data: memberOf(event) };
    case 'member-left':
      return {
        type: 'member.left',
        ...place,
        data: {
          ...memberOf(event),
          reason: event.reason,
          evidence: event.evidence,
          joinedTime: isoOf(event.joinedMs),
          lastHeardTime: isoOf(event.lastHeardMs),
          durationMs: presenceEndMs(event) - event.joinedMs,
        },
      };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function memberOf(event: MemberEvent): StandardMember {
  return {
    uid: event.uid,
    ...(event.account !== undefined && { account: event.account }),
    ...(event.userId !== undefined && { userId: event.userId }),
    role: event.role,
    platform: platformNames.get(event.platform) ?? 'other',
    ...(event.clientType !== undefined && { clientType: event.clientType }),
    clientSeq: event.clientSeq,
  };
}

const platformNames = new Map<number, keyof typeof platforms>(
  Object.entries(platforms).map(([name, number]) => [number, name as keyof typeof platforms]),
);

/** ISO 8601 in UTC with milliseconds. */
export const isoOf = (atMs: number): string => new Date(atMs).toISOString();
