/** Agora's communication profile has no roles: everybody is a `communication` member. */
export type NoticeRole = 'broadcaster' | 'audience' | 'communication';

/** Every notice carries these. */
export interface NoticeBase {
  /** The same over every copy and attempt: the key to drop duplicates by. */
  readonly noticeId: string;
  /** 1 is real-time communication. */
  readonly productId: number;
  /** 101 to 112, also in the formats that have words for it, and 190 for lost events; new ones may come. */
  readonly eventType: number;
  /** When this copy was sent, epoch milliseconds. Not the event's time. Only in the `agora` format. */
  readonly notifyMs: number | undefined;
  /** The app id. Only in the `standard` and `batch` formats. */
  readonly app: string | undefined;
  /** The id of one life of the channel. Housecount always sends it; Agora may not. */
  readonly sid: string | undefined;
  /** Place of the event in its sid: 1, 2, 3 … without holes. Housecount only. */
  readonly seq: number | undefined;
  /** Members in the channel after the event. Housecount only. */
  readonly count: number | undefined;
  /** The payload (in the `standard` and `batch` formats, the data) as it came, with all its fields. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** True for a test of the endpoint: answer 200, and do not take its channel for a real one. */
  readonly healthTest: boolean;
}

/** Every notice about a channel carries these, too. */
export interface ChannelNoticeBase extends NoticeBase {
  readonly channelName: string;
  /** When it happened, epoch seconds. */
  readonly ts: number;
}

/** About a member. */
export interface MemberNoticeBase extends ChannelNoticeBase {
  readonly uid: number;
  /** The string account; undefined when the member joined without one. */
  readonly account: string | undefined;
  /** The signaling user that the member is linked to; undefined when it is linked to none. Housecount only. */
  readonly userId: string | undefined;
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
  /** Events that will not be sent: they waited longer than the server keeps them. It has no seq of its own. */
  | (NoticeBase & {
      readonly kind: 'events-lost';
      /** The channel whose events were lost; undefined when many channels lost some, and this one counts those that are not told one by one. */
      readonly channelName: string | undefined;
      /** First and last seq lost, in the life `sid`. */
      readonly fromSeq: number | undefined;
      readonly toSeq: number | undefined;
      /** The number of lost events that this endpoint would have been sent; undefined if not known. */
      readonly events: number | undefined;
      /** Times of the first and the last lost event, epoch seconds; undefined if not known. */
      readonly fromTs: number | undefined;
      readonly toTs: number | undefined;
      /** When they were given away, epoch seconds. */
      readonly ts: number;
    })
  /** A type that this version does not know: see eventType and payload. */
  | (NoticeBase & { readonly kind: 'unknown' });

/** A notice of something that happened in a channel. */
export type EventNotice = Exclude<Notice, { kind: 'unknown' | 'events-lost' }>;
export type EventsLostNotice = Extract<Notice, { kind: 'events-lost' }>;

/** The body is not a notice. The message says which field is wrong and never quotes the body. */
export class NoticeError extends Error {
  override readonly name = 'NoticeError';
}
