// Made of the schemas by `npm run schema`: change those, in packages/schema.

/** Events were lost, in the `agora` format. */
export interface AgoraEventsLost {
  /** The life that lost events; '' in the notice that counts the rest. */
  readonly sid: string;
  /** The same over every copy and attempt. */
  readonly noticeId: string;
  readonly productId: 1;
  readonly eventType: 190;
  /** When this copy was sent, UTC epoch milliseconds. */
  readonly notifyMs: number;
  readonly payload: {
    /** Channel name; absent in the notice that counts the rest. */
    readonly channelName?: string;
    /** First seq that was lost. */
    readonly fromSeq?: number;
    /** Last seq that was lost. */
    readonly toSeq?: number;
    /** Events of those that the endpoint would have been sent; absent when not known. */
    readonly events?: number;
    /** When the first of them happened, Unix seconds; absent when not known. */
    readonly fromTs?: number;
    /** When the last of them happened, Unix seconds; absent when not known. */
    readonly toTs?: number;
    /** When they were given away, Unix seconds. */
    readonly ts: number;
  };
}

/** The body of a webhook in the `agora` format, as an object. */
export interface AgoraNotice {
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** The same over every endpoint, copy and attempt. */
  readonly noticeId: string;
  readonly productId: 1;
  readonly eventType: NoticeType;
  /** When this copy was made, UTC epoch milliseconds. */
  readonly notifyMs: number;
  readonly payload: {
    /** Channel name. */
    readonly channelName: string;
    /** When it happened, Unix seconds; of a leave, when the member was there last. */
    readonly ts: number;
    /** Who left last. */
    readonly lastUid?: number;
    /** Who it was; of a string account, the number that stands for it. */
    readonly uid?: number;
    /** 0 other, 1 android, 2 ios, 5 windows, 6 linux, 7 web, 8 macos. */
    readonly platform?: number;
    /** What the client says it is; only where `platform` is 6. */
    readonly clientType?: number;
    /** Grows with every event of one uid in one channel. */
    readonly clientSeq?: number;
    /** Why: 0 other, 1 quit, 2 timeout, 3 kicked, 5 replaced, 12 token. */
    readonly reason?: number;
    /** Seconds in the channel: this `ts` less that of the join. */
    readonly duration?: number;
    /** The string account, if the member joined with one. */
    readonly account?: string;
    /** Housecount: the signaling user, if the member is linked to one. */
    readonly userId?: string;
    /** Order in the sid, dense: 1, 2, 3 … */
    readonly seq: number;
    /** Members in the channel after the event. */
    readonly count: number;
  };
}

export type NoticeType = 101 | 102 | 103 | 104 | 105 | 106 | 107 | 108 | 111 | 112;

/** Notices in order of the log, so those of a channel by rising seq; together at most 1 MiB. They are answered, retried and given up as one. */
export type StandardBatch = readonly (StandardNotice | StandardEventsLost)[];

/** The channel closed. */
export interface StandardClosed {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  readonly type: 'channel.closed';
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
  readonly data: {
    /** Who left last. */
    readonly lastUid: number;
  };
}

/** Events were lost, in the `standard` format. */
export interface StandardEventsLost {
  /** The same over every copy and attempt. */
  readonly id: string;
  readonly type: 'events.lost';
  /** When they were given away, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name; absent in the notice that counts the rest. */
  readonly channel?: string;
  /** The life that lost events; absent in the notice that counts the rest. */
  readonly sid?: string;
  readonly data: {
    /** First seq that was lost. */
    readonly fromSeq?: number;
    /** Last seq that was lost. */
    readonly toSeq?: number;
    /** Events of those that the endpoint would have been sent; absent when not known. */
    readonly events?: number;
    /** When the first of them happened, ISO 8601 in UTC with milliseconds. */
    readonly fromTime?: string;
    /** When the last of them happened, ISO 8601 in UTC with milliseconds. */
    readonly toTime?: string;
  };
}

/** A member joined. */
export interface StandardJoined {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  readonly type: 'member.joined';
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
  readonly data: {
    /** Who it was; of a string account, the number that stands for it. */
    readonly uid: number;
    /** The string account, if the member joined with one. */
    readonly account?: string;
    /** The signaling user, if the member is linked to one. */
    readonly userId?: string;
    /** After the event; on a leave, at the leave. */
    readonly role: 'broadcaster' | 'audience';
    /** `other` for one that is not known. */
    readonly platform: 'other' | 'android' | 'ios' | 'windows' | 'linux' | 'web' | 'macos';
    /** What the client says it is. */
    readonly clientType?: number;
    /** Strictly increasing for one member of a channel. */
    readonly clientSeq: number;
  };
}

/** A member left: `role` is the last one. */
export interface StandardLeft {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  readonly type: 'member.left';
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
  readonly data: {
    /** Who it was; of a string account, the number that stands for it. */
    readonly uid: number;
    /** The string account, if the member joined with one. */
    readonly account?: string;
    /** The signaling user, if the member is linked to one. */
    readonly userId?: string;
    /** After the event; on a leave, at the leave. */
    readonly role: 'broadcaster' | 'audience';
    /** `other` for one that is not known. */
    readonly platform: 'other' | 'android' | 'ios' | 'windows' | 'linux' | 'web' | 'macos';
    /** What the client says it is. */
    readonly clientType?: number;
    /** Strictly increasing for one member of a channel. */
    readonly clientSeq: number;
    /** Why the member left. */
    readonly reason: 'other' | 'quit' | 'timeout' | 'kicked' | 'replaced' | 'token';
    /** What made the server notice that the member is gone. */
    readonly evidence: 'bye' | 'socket-closed' | 'silence' | 'media-silence' | 'media-closed' | 'server-crash' | 'kick' | 'new-device' | 'token-end';
    /** When the member joined, ISO 8601 in UTC with milliseconds. */
    readonly joinedTime: string;
    /** When the server last heard from the member, ISO 8601 in UTC with milliseconds. */
    readonly lastHeardTime: string;
    /** Time from `joinedTime` until the member was there last, milliseconds; `time` may be later. */
    readonly durationMs: number;
  };
}

export type StandardNotice = StandardOpened | StandardClosed | StandardJoined | StandardRoleChanged | StandardLeft;

/** The channel opened. */
export interface StandardOpened {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  readonly type: 'channel.opened';
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
  readonly data: {
    /** The kind of the channel, which its first member fixes. */
    readonly profile: 'live' | 'communication';
  };
}

/** A member changed role: `role` is the new one. */
export interface StandardRoleChanged {
  /** The noticeId: one per event, the same in every format, copy and attempt. Also the `webhook-id` header. */
  readonly id: string;
  readonly type: 'role.changed';
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** The id of one life of the channel. */
  readonly sid: string;
  /** Dense order in the sid: 1, 2, 3 … */
  readonly seq: number;
  /** Members after the event. */
  readonly count: number;
  readonly data: {
    /** Who it was; of a string account, the number that stands for it. */
    readonly uid: number;
    /** The string account, if the member joined with one. */
    readonly account?: string;
    /** The signaling user, if the member is linked to one. */
    readonly userId?: string;
    /** After the event; on a leave, at the leave. */
    readonly role: 'broadcaster' | 'audience';
    /** `other` for one that is not known. */
    readonly platform: 'other' | 'android' | 'ios' | 'windows' | 'linux' | 'web' | 'macos';
    /** What the client says it is. */
    readonly clientType?: number;
    /** Strictly increasing for one member of a channel. */
    readonly clientSeq: number;
  };
}
