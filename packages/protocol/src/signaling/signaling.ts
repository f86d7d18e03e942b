import type { SignalingChannelType, SignalingContent, SignalingStates } from './signaling-channel.ts';
import type { SignalingGetMessages, SignalingMessagesPage } from './signaling-history.ts';
import type { SignalingRosterFrame, SignalingRosterRequest } from './signaling-roster.ts';
import type {
  SignalingChannelEnded,
  SignalingTopicEvent,
  SignalingTopicRequest,
  SignalingTopicResult,
} from './signaling-streams.ts';

/**
 * The signaling protocol: one WebSocket at /v1/signaling per logged-in user, JSON text frames (docs/signaling.md). It
 * carries what the API of `agora-rtm` needs; names follow that API, so that the SDK passes most of it on as it is.
 */

export const signalingVersion = 1;
/** Bytes of one frame from a client: a message of 32 KB as base64, and room around it. */
export const signalingFrameBytesMax = 64 * 1024;

/** A user who is in a channel, as presence shows it. */
export interface SignalingOccupant {
  readonly userId: string;
  readonly states: SignalingStates;
}

// ---- from the client -------------------------------------------------------------------------------------------

/** The first frame. With `session` a session is taken up again: subscriptions and states are as they were. */
export interface SignalingLogin {
  readonly type: 'login';
  readonly version: typeof signalingVersion;
  readonly app: string;
  readonly userId: string;
  /** AccessToken2 with the RTM login privilege for this user; not needed where the app is in development. */
  readonly token?: string;
  /** Id and key of a former welcome, with which the client resumes that session within its lease. */
  readonly session?: { readonly id: string; readonly key: string };
  /** Seconds; the client's own settings (spec: signaling 1.2), clamped by the server. */
  readonly heartbeatInterval: number;
  readonly presenceTimeout: number;
}
/** Keeps the connection; answered with `pong`. */
export interface SignalingPing {
  readonly type: 'ping';
}
/** Ends the session at once: it leaves every channel. Answered with `closing`, code `left`. */
export interface SignalingLogout {
  readonly type: 'logout';
}

/** A request of a logged-in client. Each has an `id` of its own, and is answered with `ok` or `refused`. */
export type SignalingRequest = { readonly id: number } & (
  | SignalingTopicRequest
  | SignalingRosterRequest
  | {
      readonly type: 'renew-token';
      readonly token: string;
      /** A stream channel, if it is the token of that one. */
      readonly channel?: string;
    }
  | {
      readonly type: 'subscribe';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
      /** Only for message channels. */
      readonly withMessage?: boolean;
      readonly withPresence: boolean;
      readonly withMetadata: boolean;
      readonly withLock: boolean;
      /** True: nobody is told of this user, and no list contains it. */
      readonly beQuiet: boolean;
      /** States that are set together with the subscription, and reported as part of it (spec: signaling 3.4). */
      readonly states?: SignalingStates;
      /** Only for stream channels: an AccessToken2 with the RTC join privilege for the channel and this user. An app in development needs none. */
      readonly token?: string;
    }
  | { readonly type: 'unsubscribe'; readonly channelType: SignalingChannelType; readonly channel: string }
  | {
      readonly type: 'publish';
      /** `USER`: `channel` is a user id. */
      readonly channelType: 'MESSAGE' | 'USER';
      readonly channel: string;
      readonly content: SignalingContent;
      readonly customType?: string;
      /** Durable before it is told, and then in the history. */
      readonly storeInHistory?: boolean;
    }
  | SignalingGetMessages
  | {
      /** Merged into what there is; own state only. */
      readonly type: 'set-state';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
      readonly states: SignalingStates;
    }
  | {
      /** No keys: all of it. */
      readonly type: 'remove-state';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
      readonly keys: readonly string[];
    }
  | {
      readonly type: 'get-state';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
      readonly userId: string;
    }
  | {
      readonly type: 'online-users';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
      readonly includedUserId: boolean;
      readonly includedState: boolean;
      /** The cursor that the page before gave. */
      readonly page?: string;
    }
  | { readonly type: 'user-channels'; readonly userId: string }
  | {
      /** All of it or nothing (spec: signaling 4.1). */
      readonly type: 'change-metadata';
      readonly target: MetadataTarget;
      /** `set` writes; `update` only what is there; `remove` takes out, everything if `items` is empty. */
      readonly mode: 'set' | 'update' | 'remove';
      /** `revision`: −1 for any. */
      readonly items: readonly { readonly key: string; readonly value: string; readonly revision: number }[];
      /** −1: any. */
      readonly majorRevision: number;
      /** Empty: none is needed. */
      readonly lockName: string;
      readonly addTimeStamp: boolean;
      readonly addUserId: boolean;
    }
  | { readonly type: 'get-metadata'; readonly target: MetadataTarget }
  | { readonly type: 'subscribe-user-metadata'; readonly userId: string }
  | { readonly type: 'unsubscribe-user-metadata'; readonly userId: string }
  | ({ readonly type: 'set-lock' /** Seconds, 10 to 300. */; readonly ttl: number } & LockName)
  | ({ readonly type: 'remove-lock' } & LockName)
  /** `retry`: answered when it is had, or given up by `release-lock`, unsubscribing or the end of the session. */
  | ({ readonly type: 'acquire-lock'; readonly retry: boolean } & LockName)
  | ({ readonly type: 'release-lock' } & LockName)
  | ({ readonly type: 'revoke-lock'; readonly owner: string } & LockName)
  | {
      readonly type: 'get-locks';
      readonly channelType: SignalingChannelType;
      readonly channel: string;
    }
);

/** The owner of a set of metadata: a channel, or a user. */
export type MetadataTarget =
  | { readonly channelType: SignalingChannelType; readonly channel: string }
  | { readonly userId: string };

interface LockName {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
  readonly lockName: string;
}

/** One item of metadata as it is stored. */
export interface SignalingMetadataItem {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  /** Epoch milliseconds, and the user who wrote it: only if the writer asked for it. */
  readonly updatedMs?: number;
  readonly author?: string;
}
export interface SignalingLock {
  readonly lockName: string;
  /** Empty: nobody holds it. */
  readonly owner: string;
  /** Seconds. */
  readonly ttl: number;
}

export type SignalingClientFrame = SignalingLogin | SignalingPing | SignalingLogout | SignalingRequest;

// ---- from the server -------------------------------------------------------------------------------------------

/** The login was taken. */
export interface SignalingWelcome {
  readonly type: 'welcome';
  readonly session: { readonly id: string; readonly key: string };
  /** The session is the one that was asked for: nothing was lost. Otherwise the client subscribes anew. */
  readonly resumed: boolean;
  /** Epoch milliseconds. */
  readonly serverMs: number;
  /** Say something at least this often, milliseconds. */
  readonly pingMs: number;
  /** Silence after which the server presumes the session gone, milliseconds. Older servers do not say. */
  readonly leaseMs?: number;
  /** After a restart of the server: how long it waits for its clients to come back, milliseconds. */
  readonly recoveryMs?: number;
  /**
   * Channels that the session which was asked for was put out of and has not subscribed to since: its client may not have heard. They are
   * not to be subscribed anew but by the app.
   */
  readonly ended?: readonly (SignalingUnsubscribed | SignalingChannelEnded)[];
}
export interface SignalingPong {
  readonly type: 'pong';
  readonly serverMs: number;
}
/** A request was done. What it asked for is in `result`. */
export interface SignalingOk {
  readonly type: 'ok';
  readonly id: number;
  readonly serverMs: number;
  readonly result?: SignalingResult;
}
export type SignalingResult =
  | { readonly states: SignalingStates }
  | {
      readonly occupants: readonly SignalingOccupant[];
      /** Users in this page; without user ids, in the channel (spec: signaling 3.3). */
      readonly totalOccupancy: number;
      /** Housecount: users in the channel, exact. */
      readonly channelOccupancy: number;
      readonly nextPage: string;
    }
  | {
      readonly channels: readonly {
        readonly channelName: string;
        readonly channelType: SignalingChannelType;
      }[];
    }
  /** Answers `change-metadata` with the set's revision and how many items it has; `get-metadata` gives these too. */
  | {
      readonly majorRevision: number;
      readonly totalCount: number;
      readonly items?: readonly SignalingMetadataItem[];
    }
  | { readonly locks: readonly SignalingLock[] }
  | SignalingTopicResult
  | SignalingMessagesPage;
/** A request was not done. `code` as in spec: signaling section 5, for example −11033. */
export interface SignalingRefused {
  readonly type: 'refused';
  readonly id: number;
  readonly code: number;
  /** A sentence, with its full stop. */
  readonly reason: string;
}
export interface SignalingMessage {
  readonly type: 'message';
  readonly channelType: 'MESSAGE' | 'USER' | 'STREAM';
  readonly channel: string;
  /** The topic; only messages in a stream channel have one. */
  readonly topic?: string;
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
  readonly serverMs: number;
}
/** Tells what changed in a channel, or who is in it. */
export interface SignalingPresence {
  readonly type: 'presence';
  readonly channelType: SignalingChannelType;
  readonly channel: string;
  readonly event: SignalingPresenceEvent;
  readonly serverMs: number;
}
export type SignalingPresenceEvent =
  | { readonly type: 'SNAPSHOT'; readonly occupants: readonly SignalingOccupant[] }
  | { readonly type: 'REMOTE_JOIN' | 'REMOTE_LEAVE' | 'REMOTE_TIMEOUT'; readonly userId: string }
  | { readonly type: 'REMOTE_STATE_CHANGED'; readonly userId: string; readonly states: SignalingStates }
  | {
      readonly type: 'INTERVAL';
      readonly join: readonly string[];
      readonly leave: readonly string[];
      readonly timeout: readonly string[];
      readonly states: readonly SignalingOccupant[];
      readonly totalOccupancy: number;
    };
/** A set of metadata, whole: at a subscription to it, and at every change. */
export interface SignalingStorage {
  readonly type: 'storage';
  readonly event: 'SNAPSHOT' | 'UPDATE';
  readonly target: MetadataTarget;
  /** The user who changed it; empty in a snapshot. */
  readonly publisher: string;
  readonly majorRevision: number;
  readonly items: readonly SignalingMetadataItem[];
  readonly serverMs: number;
}
/** Tells what became of a lock of the channel; or, at a subscription to locks, all of them. */
export interface SignalingLockEvent {
  readonly type: 'lock';
  readonly channelType: SignalingChannelType;
  readonly channel: string;
  readonly event:
    | { readonly type: 'SNAPSHOT'; readonly locks: readonly SignalingLock[] }
    | ({
        readonly type: 'SET' | 'REMOVED' | 'ACQUIRED' | 'RELEASED' | 'EXPIRED';
        readonly publisher: string;
      } & SignalingLock);
  readonly serverMs: number;
}
/** The server has ended the subscription to a message channel, and says why; the session goes on. */
export interface SignalingUnsubscribed {
  readonly type: 'unsubscribed';
  readonly channel: string;
  /** A code of codes.ts: `kicked`. */
  readonly code: string;
  /** A sentence, with its full stop. */
  readonly message: string;
  readonly serverMs: number;
}
/** The new token does not allow to read these message channels: they are not subscribed any more; the session goes on. */
export interface SignalingReadRevoked {
  readonly type: 'read-revoked';
  readonly channels: readonly string[];
  readonly serverMs: number;
}
/** The token's privilege ends soon: that of the login, or of a stream channel. */
export interface SignalingTokenWillExpire {
  readonly type: 'token-will-expire';
  readonly channel?: string;
  readonly endsMs: number;
}
/** The last frame: why the server closes. `retry`: come back, with the session, after `retryAfterMs`. */
export interface SignalingClosing {
  readonly type: 'closing';
  /** A code of codes.ts; a refused login has the code of the API, too. */
  readonly code: string;
  readonly errorCode?: number;
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
}

export type SignalingServerFrame =
  | SignalingWelcome
  | SignalingPong
  | SignalingOk
  | SignalingRefused
  | SignalingMessage
  | SignalingPresence
  | SignalingStorage
  | SignalingLockEvent
  | SignalingTopicEvent
  | SignalingRosterFrame
  | SignalingChannelEnded
  | SignalingUnsubscribed
  | SignalingReadRevoked
  | SignalingTokenWillExpire
  | SignalingClosing;

/** Legal user ids and names of message and stream channels (spec: signaling 2.1). */
export function isSignalingName(value: unknown): value is string {
  return typeof value === 'string' && /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,64}$/.test(value);
}
