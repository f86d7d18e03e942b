import { type AgoraEventsLost, type AgoraNotice, eventsLostType, noticeTypes } from '@housecount/protocol';
import type { EventsLostNotice, Notice, NoticeRole } from './notice.ts';
import {
  type Fields,
  isHealthTest,
  type NamesIn,
  nameOf,
  numberOf,
  objectOf,
  optional,
  stringOf,
  wholeOf,
} from './notice-fields.ts';

/** The role that is in the number of a type; undefined for the others. */
export const roleOfType: Readonly<Record<number, NoticeRole>> = {
  [noticeTypes.broadcasterJoin]: 'broadcaster',
  [noticeTypes.broadcasterLeave]: 'broadcaster',
  [noticeTypes.audienceJoin]: 'audience',
  [noticeTypes.audienceLeave]: 'audience',
  [noticeTypes.communicationJoin]: 'communication',
  [noticeTypes.communicationLeave]: 'communication',
  [noticeTypes.becameBroadcaster]: 'broadcaster',
  [noticeTypes.becameAudience]: 'audience',
};

type Envelope = Fields<NamesIn<AgoraNotice | AgoraEventsLost>>;
type Payload = Fields<NamesIn<(AgoraNotice | AgoraEventsLost)['payload']>>;

/** A notice in Agora's format, with or without what Housecount adds. Throws NoticeError. */
export function readAgoraNotice(envelope: Envelope): Notice {
  const payload: Payload = objectOf(envelope.payload, 'payload');
  const eventType = numberOf(envelope, 'eventType');
  const base = {
    noticeId: stringOf(envelope, 'noticeId'),
    productId: numberOf(envelope, 'productId'),
    eventType,
    notifyMs: numberOf(envelope, 'notifyMs'),
    app: undefined,
    sid: optional(envelope, 'sid', stringOf),
    seq: optional(payload, 'seq', numberOf),
    count: optional(payload, 'count', numberOf),
    payload,
    healthTest: isHealthTest(payload.channelName, payload),
  };
  const role = roleOfType[eventType];
  if (base.productId === 1 && eventType === noticeTypes.channelCreate)
    return { ...base, ...channelOf(payload), kind: 'channel-created' };
  if (base.productId === 1 && eventType === noticeTypes.channelDestroy)
    return {
      ...base,
      ...channelOf(payload),
      kind: 'channel-destroyed',
      lastUid: optional(payload, 'lastUid', numberOf),
    };
  if (base.productId === 1 && eventType === eventsLostType) return { ...base, ...lostOf(envelope, payload) };
  if (base.productId !== 1 || !role) return { ...base, kind: 'unknown' };
  const member = { ...base, ...channelOf(payload), ...memberOf(payload), role };
  if (eventType === noticeTypes.becameBroadcaster || eventType === noticeTypes.becameAudience)
    return { ...member, kind: 'role-changed' };
  const device = {
    platform: optional(payload, 'platform', numberOf),
    clientType: optional(payload, 'clientType', numberOf),
  };
  const joins: readonly number[] = [
    noticeTypes.broadcasterJoin,
    noticeTypes.audienceJoin,
    noticeTypes.communicationJoin,
  ];
  if (joins.includes(eventType)) return { ...member, ...device, kind: 'joined' };
  return {
    ...member,
    ...device,
    kind: 'left',
    reason: optional(payload, 'reason', numberOf),
    durationSeconds: optional(payload, 'duration', numberOf),
  };
}

function channelOf(payload: Payload) {
  return { channelName: stringOf(payload, 'channelName'), ts: numberOf(payload, 'ts') };
}

function memberOf(payload: Payload) {
  return {
    uid: numberOf(payload, 'uid'),
    account: optional(payload, 'account', stringOf),
    userId: optional(payload, 'userId', stringOf),
    clientSeq: numberOf(payload, 'clientSeq'),
  };
}

/** `sid` is empty, and the range absent, in the one that counts the rest. */
function lostOf(envelope: Envelope, payload: Payload) {
  const isOfChannel = payload.channelName !== undefined;
  return {
    kind: 'events-lost' as const,
    sid: isOfChannel ? nameOf(envelope, 'sid') : undefined,
    channelName: isOfChannel ? stringOf(payload, 'channelName') : undefined,
    ...rangeOf(payload, isOfChannel),
    events: optional(payload, 'events', numberOf),
    fromTs: optional(payload, 'fromTs', numberOf),
    toTs: optional(payload, 'toTs', numberOf),
    ts: numberOf(payload, 'ts'),
  };
}

/** First and last seq that were lost; a channel without them is no notice. */
export function rangeOf(
  fields: Fields<'fromSeq' | 'toSeq'>,
  isOfChannel: boolean,
): Pick<EventsLostNotice, 'fromSeq' | 'toSeq'> {
  if (!isOfChannel) return { fromSeq: undefined, toSeq: undefined };
  const fromSeq = wholeOf(fields, 'fromSeq', 1);
  return { fromSeq, toSeq: wholeOf(fields, 'toSeq', fromSeq) };
}
