import { noticeTypes } from '@housecount/protocol';

/** Agora's communication profile has no roles: everybody is a `communication` member. */
export type NoticeRole = 'broadcaster' | 'audience' | 'communication';

/** What every notice carries. */
export interface NoticeBase {
  /** The same over every copy and attempt: the key to drop duplicates by. */
  readonly noticeId: string;
  /** 1 is real-time communication. */
  readonly productId: number;
  /** 101 to 112; new ones may come. */
  readonly eventType: number;
  /** When this copy was sent, epoch milliseconds. Not the event's time. */
  readonly notifyMs: number;
  /** One life of the channel. Housecount always sends it; Agora may not. */
  readonly sid: string | undefined;
  /** Place of the event in its sid: 1, 2, 3 … without holes. Housecount only. */
  readonly seq: number | undefined;
  /** Members in the channel after the event. Housecount only. */
  readonly count: number | undefined;
  /** The payload as it came, with all its fields. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Sent by somebody who checks the endpoint: answer 200, and do not take its channel for a real one. */
  readonly healthTest: boolean;
}

/** Of a channel. */
export interface ChannelNoticeBase extends NoticeBase {
  readonly channelName: string;
  /** When it happened, epoch seconds. */
  readonly ts: number;
}

/** About a member. */
export interface MemberNoticeBase extends ChannelNoticeBase {
  readonly uid: number;
  /** Only if the member joined with a string account. */
  readonly account: string | undefined;
  /** Grows with every event of one uid in one channel. */
  readonly clientSeq: number;
  readonly role: NoticeRole;
}

export type Notice =
  | (ChannelNoticeBase & { readonly kind: 'channel-created' })
  | (ChannelNoticeBase & { readonly kind: 'channel-destroyed'; readonly lastUid: number | undefined })
  | (MemberNoticeBase & {
      readonly kind: 'joined';
      readonly platform: number | undefined;
      readonly clientType: number | undefined;
    })
  | (MemberNoticeBase & {
      readonly kind: 'left';
      readonly platform: number | undefined;
      readonly clientType: number | undefined;
      /** 1 left, 2 timed out, 3 kicked, 5 replaced by a new device, 12 token; accept others. */
      readonly reason: number | undefined;
      /** Seconds in the channel. */
      readonly durationSeconds: number | undefined;
    })
  | (MemberNoticeBase & { readonly kind: 'role-changed' })
  /** A type that this version does not know: see eventType and payload. */
  | (NoticeBase & { readonly kind: 'unknown' });

/** The body is not a notice. The message says which field is wrong and never quotes the body. */
export class NoticeError extends Error {
  override readonly name = 'NoticeError';
}

type Fields = Readonly<Record<string, unknown>>;

const roles: Readonly<Record<number, NoticeRole>> = {
  [noticeTypes.broadcasterJoin]: 'broadcaster',
  [noticeTypes.broadcasterLeave]: 'broadcaster',
  [noticeTypes.audienceJoin]: 'audience',
  [noticeTypes.audienceLeave]: 'audience',
  [noticeTypes.communicationJoin]: 'communication',
  [noticeTypes.communicationLeave]: 'communication',
  [noticeTypes.becameBroadcaster]: 'broadcaster',
  [noticeTypes.becameAudience]: 'audience',
};

/**
 * Reads the body of a notice. Unknown fields, event types, reasons and platforms are let through; throws NoticeError if it is
 * not JSON or lacks what every notice of its type has. Verify first: this looks at the form only.
 */
export function parseNotice(body: string | Uint8Array | ArrayBuffer): Notice {
  const envelope = objectOf(jsonOf(body), 'the body');
  const payload = objectOf(envelope.payload, 'payload');
  const eventType = numberOf(envelope, 'eventType');
  const base = {
    noticeId: stringOf(envelope, 'noticeId'),
    productId: numberOf(envelope, 'productId'),
    eventType,
    notifyMs: numberOf(envelope, 'notifyMs'),
    sid: optional(envelope, 'sid', stringOf),
    seq: optional(payload, 'seq', numberOf),
    count: optional(payload, 'count', numberOf),
    payload,
    healthTest: isHealthTest(payload),
  };
  const role = roles[eventType];
  if (base.productId === 1 && eventType === noticeTypes.channelCreate)
    return { ...base, ...channelOf(payload), kind: 'channel-created' };
  if (base.productId === 1 && eventType === noticeTypes.channelDestroy)
    return {
      ...base,
      ...channelOf(payload),
      kind: 'channel-destroyed',
      lastUid: optional(payload, 'lastUid', numberOf),
    };
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

function channelOf(payload: Fields) {
  return { channelName: stringOf(payload, 'channelName'), ts: numberOf(payload, 'ts') };
}

function memberOf(payload: Fields) {
  return {
    uid: numberOf(payload, 'uid'),
    account: optional(payload, 'account', stringOf),
    clientSeq: numberOf(payload, 'clientSeq'),
  };
}

/** The channel and uid that the endpoint's check uses (Agora's, and Housecount's too). */
function isHealthTest({ channelName, uid, lastUid }: Fields): boolean {
  return channelName === 'test_webhook' && [uid, lastUid].every((id) => id === undefined || id === 12121212);
}

function jsonOf(body: string | Uint8Array | ArrayBuffer): unknown {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text);
  } catch (cause) {
    throw new NoticeError('The body is not JSON in UTF-8.', { cause });
  }
}

function objectOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new NoticeError(`In a notice, ${name} must be an object.`);
}

function stringOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new NoticeError(`In a notice, ${name} must be a string.`);
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number') return value;
  throw new NoticeError(`In a notice, ${name} must be a number.`);
}

function optional<T>(fields: Fields, name: string, read: (fields: Fields, name: string) => T): T | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : read(fields, name);
}
