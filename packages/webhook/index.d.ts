/** Headers of a request, as web frameworks and Node give them. */
export type NoticeHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Was this body signed with the secret (or one of several, while you change it)? Give the body as it was received: parsed and
 * written again, its bytes are others. `Agora-Signature-V2` decides if it is there, else `Agora-Signature`.
 * Whatever came from outside only makes it false; throws TypeError if you gave no secret, or an empty one.
 */
export declare function verify(
  body: string | Uint8Array | ArrayBuffer,
  headers: NoticeHeaders,
  secret: string | readonly string[],
): Promise<boolean>;

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
export declare class NoticeError extends Error {
  override readonly name: 'NoticeError';
}

/**
 * Reads the body of a notice. Unknown fields, event types, reasons and platforms are let through; throws NoticeError if it is
 * not JSON or lacks what every notice of its type has. Verify first: this looks at the form only.
 */
export declare function parseNotice(body: string | Uint8Array | ArrayBuffer): Notice;
