import type { ChannelEvent, MemberEvent, Profile, Role } from '../events.ts';
import { presenceEndMs } from '../presence-end.ts';
import { type Evidence, type LeaveReason, platforms } from '../reasons.ts';
import { type CommunicationEvents, noticeIdOf, noticeTypeOf } from './notices.ts';

/** The type of a notice in the `standard` format, as its body says. */
export type StandardNoticeType =
  | 'channel.opened'
  | 'channel.closed'
  | 'member.joined'
  | 'member.left'
  | 'role.changed';

interface StandardBase {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  readonly app: string;
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
}

/** The member that the notice is about. */
export interface StandardMember {
  readonly uid: number;
  readonly account?: string;
  /** After the event; on a leave, at the leave. */
  readonly role: Role;
  readonly platform: keyof typeof platforms;
  readonly clientType?: number;
  /** Strictly increasing for one member of a channel. */
  readonly clientSeq: number;
}

export interface StandardLeave extends StandardMember {
  readonly reason: LeaveReason;
  readonly evidence: Evidence;
  /** ISO 8601, as `time`. */
  readonly joinedTime: string;
  readonly lastHeardTime: string;
  /** Time from `joinedTime` until the member was there last, milliseconds (presenceEndMs); `time` may be later. */
  readonly durationMs: number;
}

/** A notice in the `standard` format: Standard Webhooks' `type` and `data`, and where it belongs. */
export type StandardNotice = StandardBase &
  (
    | { readonly type: 'channel.opened'; readonly data: { readonly profile: Profile } }
    | { readonly type: 'channel.closed'; readonly data: { readonly lastUid: number } }
    | { readonly type: 'member.joined'; readonly data: StandardMember }
    | { readonly type: 'role.changed'; readonly data: StandardMember }
    | { readonly type: 'member.left'; readonly data: StandardLeave }
  );

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

type Place = Omit<StandardBase, 'id'>;

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
