import type { Privilege } from '../rules.ts';

/** The kinds of media that a member may send: by its token, where the app holds publishing to it, and by the kicking rules. One question, asked wherever media begins, and again when its answer may have changed. */

export interface Kinds {
  readonly audio: boolean;
  readonly video: boolean;
}

/** The times until which a token allows to publish each kind, epoch milliseconds, `neverEndsMs` if for ever; it does not allow a kind that is missing. */
export interface PublishRights {
  readonly audioEndsMs?: number;
  readonly videoEndsMs?: number;
}

/** The end of a right that does not end: JSON has no infinity. */
export const neverEndsMs = Number.MAX_SAFE_INTEGER;

export interface Sender {
  /** The rights that its token gives; undefined: the app does not hold publishing to tokens. */
  readonly rights: PublishRights | undefined;
  /** Does a kicking rule keep it from that? */
  readonly isBanned: (privilege: Privilege) => boolean;
}

export type SendRefusal = 'token_no_privilege' | 'banned';

/** The reason, by kind, why it may not be sent; undefined if it may. */
export type MaySend = Readonly<Record<keyof Kinds, SendRefusal | undefined>>;

/** Decides what the sender may send at `nowMs`, epoch milliseconds. */
export function maySend({ rights, isBanned }: Sender, nowMs: number): MaySend {
  const refusalOf = (endsMs: number | undefined, privilege: Privilege): SendRefusal | undefined => {
    if (rights && (endsMs ?? 0) <= nowMs) return 'token_no_privilege';
    return isBanned(privilege) ? 'banned' : undefined;
  };
  return {
    audio: refusalOf(rights?.audioEndsMs, 'publish_audio'),
    video: refusalOf(rights?.videoEndsMs, 'publish_video'),
  };
}

/** Why these kinds may not be sent together, and which of them is in the way; undefined if they may. */
export function refusalToSend(
  kinds: Kinds,
  may: MaySend,
): { readonly code: SendRefusal; readonly kind: keyof Kinds } | undefined {
  for (const kind of ['audio', 'video'] as const) {
    const code = kinds[kind] ? may[kind] : undefined;
    if (code) return { code, kind };
  }
  return undefined;
}

/** The kinds among `kinds` that may be sent. */
export const allowedOf = (kinds: Kinds, may: MaySend): Kinds => ({
  audio: kinds.audio && may.audio === undefined,
  video: kinds.video && may.video === undefined,
});

/** True when there is a kind that the token allows to publish: a broadcaster needs one. undefined: no token is asked. */
export const mayBroadcast = (rights: PublishRights | undefined, nowMs: number): boolean =>
  rights === undefined || Math.max(rights.audioEndsMs ?? 0, rights.videoEndsMs ?? 0) > nowMs;

/** When the next of these kinds will not be allowed any more, epoch milliseconds; undefined if none ends. */
export function rightsEndMs(rights: PublishRights | undefined, kinds: Kinds): number | undefined {
  if (!rights) return undefined;
  const endsMs = Math.min(
    kinds.audio ? (rights.audioEndsMs ?? 0) : neverEndsMs,
    kinds.video ? (rights.videoEndsMs ?? 0) : neverEndsMs,
  );
  return endsMs === neverEndsMs ? undefined : endsMs;
}

export const sameRights = (one: PublishRights | undefined, other: PublishRights | undefined): boolean =>
  one?.audioEndsMs === other?.audioEndsMs && one?.videoEndsMs === other?.videoEndsMs;

/** The rights as a record holds them: empty ones are left out. */
export const recordedRights = (rights: PublishRights | undefined): { readonly publish?: PublishRights } =>
  rights && (rights.audioEndsMs !== undefined || rights.videoEndsMs !== undefined) ? { publish: rights } : {};
