// Made of the schemas by `npm run schema`: change those, in packages/schema.

import type { Role } from '../events.ts';
import type { LeaveReason } from '../reasons.ts';
import type { SignalingChannelType, SignalingStates } from '../signaling/signaling-channel.ts';
import type { RosterViewRequest } from './live-frames.ts';

/** The owner of a set of metadata: a channel, or a user. */
export type MetadataTarget = {
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
} | {
  /** User id. */
  readonly userId: string;
};

/** The positions of the rosters of which a signaling channel is made; each is absent while nobody is in it. */
export interface RosterPoint {
  /** The position of the roster of the bound live channel. */
  readonly live?: RosterSeq;
  /** The position of the roster of the subscribers. */
  readonly signaling?: RosterSeq;
}

/** One change of a channel, as it is numbered everywhere: on the native stream, in notices, over REST. */
export interface RosterSeq {
  /** One life of the channel. */
  readonly sid: string;
  /** Order in the sid. */
  readonly seq: number;
}

export interface SignalingAcquireLock {
  readonly type: 'acquire-lock';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Name of a lock. */
  readonly lockName: string;
  /** True: answered when it is had, or given up by `release-lock`, unsubscribing or the end of the session. */
  readonly retry: boolean;
}

/** All of it or nothing (spec: signaling 4.1). */
export interface SignalingChangeMetadata {
  readonly type: 'change-metadata';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly target: MetadataTarget;
  /** `set` writes; `update` only what is there; `remove` takes out, everything if `items` is empty. */
  readonly mode: 'set' | 'update' | 'remove';
  readonly items: readonly {
    readonly key: string;
    readonly value: string;
    /** A revision; −1 for any. */
    readonly revision: number;
  }[];
  /** A revision; −1 for any. */
  readonly majorRevision: number;
  /** Empty: none is needed. */
  readonly lockName: string;
  readonly addTimeStamp: boolean;
  readonly addUserId: boolean;
}

/** The session is no longer in this stream channel; everything else goes on. */
export interface SignalingChannelEnded {
  readonly type: 'channel-ended';
  /** Channel name. */
  readonly channel: string;
  /** A code of codes.ts. */
  readonly code: string;
  /** The API's number. */
  readonly errorCode: number;
  /** A sentence, with its full stop. */
  readonly message: string;
}

export type SignalingClientFrame = SignalingLogin | SignalingPing | SignalingLogout | SignalingRequest;

/** The last frame: why the server closes. `retry`: come back, with the session, after `retryAfterMs`. */
export interface SignalingClosing {
  readonly type: 'closing';
  /** A code of codes.ts; a refused login has the code of the API, too. */
  readonly code: string;
  /** The API's number of it. */
  readonly errorCode?: number;
  /** A sentence, with its full stop. */
  readonly message: string;
  /** Come back, with the session. */
  readonly retry: boolean;
  /** Milliseconds. */
  readonly retryAfterMs?: number;
}

/** A message's content: text as it is, bytes as base64, or either encrypted by the clients (docs/encryption.md) as base64. */
export type SignalingContent = {
  readonly text: string;
} | {
  /** Base64. */
  readonly bytes: string;
} | {
  /** Base64 of what the clients encrypted. */
  readonly sealed: string;
};

export interface SignalingGetLocks {
  readonly type: 'get-locks';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
}

/** Messages that were kept, newest first (spec: signaling 4.3); of `USER` between oneself and the user whom `channel` names, in both directions. */
export type SignalingGetMessages = {
  readonly type: 'get-messages';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** `USER`: `channel` is a user id. */
  readonly channelType: 'MESSAGE' | 'USER';
  /** Channel name, or of `USER` the user id. */
  readonly channel: string;
  /** The number of messages at most, 1 to 100. */
  readonly count: number;
  /** Only messages earlier than this, epoch milliseconds; 0: all. */
  readonly start: number;
  /** Only messages not earlier than this, epoch milliseconds; 0: all. Not later than `start`. */
  readonly end: number;
};

export interface SignalingGetMetadata {
  readonly type: 'get-metadata';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly target: MetadataTarget;
}

export interface SignalingGetState {
  readonly type: 'get-state';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** User id. */
  readonly userId: string;
}

/** Begins to publish in a topic, or changes `meta`. */
export interface SignalingJoinTopic {
  readonly type: 'join-topic';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** Channel name. */
  readonly channel: string;
  /** Topic name. */
  readonly topic: string;
  /** A text of the publisher's own. */
  readonly meta: string;
}

/** Within a channel, or between two users, no two have the same time. */
export interface SignalingKeptMessage {
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
  /** Epoch milliseconds: the `serverMs` with which it was told. */
  readonly timestamp: number;
}

export interface SignalingLeaveTopic {
  readonly type: 'leave-topic';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** Channel name. */
  readonly channel: string;
  /** Topic name. */
  readonly topic: string;
}

/** Proves to a live channel that its member, whose connection was welcomed with this nonce, is the user of this session. */
export interface SignalingLinkProof {
  readonly type: 'link-proof';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** The `link.nonce` of the live connection's welcome. */
  readonly nonce: string;
}

export interface SignalingLock {
  readonly lockName: string;
  /** Empty: nobody holds it. */
  readonly owner: string;
  /** Seconds. */
  readonly ttl: number;
}

/** Tells what became of a lock of the channel; or, at a subscription to locks, all of them. */
export interface SignalingLockEvent {
  readonly type: 'lock';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  readonly event: {
    readonly type: 'SNAPSHOT';
    readonly locks: readonly SignalingLock[];
  } | {
    readonly type: 'SET' | 'REMOVED' | 'ACQUIRED' | 'RELEASED' | 'EXPIRED';
    /** The user who did it; empty in a snapshot. */
    readonly publisher: string;
    readonly lockName: string;
    /** Empty: nobody holds it. */
    readonly owner: string;
    /** Seconds. */
    readonly ttl: number;
  };
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

/** The first frame. With `session` a session is taken up again: subscriptions and states are as they were. */
export interface SignalingLogin {
  readonly type: 'login';
  readonly version: 1;
  /** App id. */
  readonly app: string;
  /** User id. */
  readonly userId: string;
  /** AccessToken2 with the RTM login privilege for this user; not needed where the app is in development. */
  readonly token?: string;
  /** Id and key of a former welcome, with which the client resumes that session within its lease. */
  readonly session?: {
    /** Id of a former welcome. */
    readonly id: string;
    /** Its key. */
    readonly key: string;
  };
  /** With `session`: the number of this attempt, to a server whose welcome has `attempt`. A lower one than was taken already is refused with `replaced`. Default 0. */
  readonly attempt?: number;
  /** Seconds; the client's own setting (spec: signaling 1.2), clamped by the server. */
  readonly heartbeatInterval: number;
  /** Seconds; the client's own setting (spec: signaling 1.2), clamped by the server. */
  readonly presenceTimeout: number;
}

/** Ends the session at once: it leaves every channel. Answered with `closing`, code `left`. */
export interface SignalingLogout {
  readonly type: 'logout';
}

export interface SignalingMessage {
  readonly type: 'message';
  readonly channelType: 'MESSAGE' | 'USER' | 'STREAM';
  /** Channel name. */
  readonly channel: string;
  /** The topic; only messages in a stream channel have one. */
  readonly topic?: string;
  /** User id. */
  readonly publisher: string;
  readonly content: SignalingContent;
  readonly customType?: string;
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

export interface SignalingMessagesPage {
  readonly messages: readonly SignalingKeptMessage[];
  /** The `start` of the next page; 0: this is the last. */
  readonly newStart: number;
}

/** One item of metadata as it is stored. */
export interface SignalingMetadataItem {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  /** When it was written; only if the writer asked for it, UTC epoch milliseconds. */
  readonly updatedMs?: number;
  /** Who wrote it; only if the writer asked for it. */
  readonly author?: string;
}

/** A user who is in a channel, as presence shows it. */
export interface SignalingOccupant {
  /** User id. */
  readonly userId: string;
  /** States by key. */
  readonly states: SignalingStates;
}

/** A request was done. What it asked for is in `result`. */
export interface SignalingOk {
  readonly type: 'ok';
  /** Id of the request. */
  readonly id: number;
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
  readonly result?: SignalingResult;
}

export type SignalingOnlineUsers = {
  readonly type: 'online-users';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  readonly includedUserId: boolean;
  readonly includedState: boolean;
  /** The cursor that the page before gave. */
  readonly page?: string;
};

/** Keeps the connection; answered with `pong`. */
export interface SignalingPing {
  readonly type: 'ping';
}

export interface SignalingPong {
  readonly type: 'pong';
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

/** Tells what changed in a channel, or who is in it. */
export interface SignalingPresence {
  readonly type: 'presence';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  readonly event: SignalingPresenceEvent;
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

export type SignalingPresenceEvent = {
  readonly type: 'SNAPSHOT';
  readonly occupants: readonly SignalingOccupant[];
} | {
  readonly type: 'REMOTE_JOIN' | 'REMOTE_LEAVE' | 'REMOTE_TIMEOUT';
  /** User id. */
  readonly userId: string;
} | {
  readonly type: 'REMOTE_STATE_CHANGED';
  /** User id. */
  readonly userId: string;
  /** States by key. */
  readonly states: SignalingStates;
} | {
  readonly type: 'INTERVAL';
  readonly join: readonly string[];
  readonly leave: readonly string[];
  readonly timeout: readonly string[];
  readonly states: readonly SignalingOccupant[];
  readonly totalOccupancy: number;
};

export interface SignalingPublish {
  readonly type: 'publish';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** `USER`: `channel` is a user id. */
  readonly channelType: 'MESSAGE' | 'USER';
  /** Channel name, or of `USER` the user id. */
  readonly channel: string;
  readonly content: SignalingContent;
  /** What the publisher calls the message. */
  readonly customType?: string;
  /** Durable before it is told, and then in the history. */
  readonly storeInHistory?: boolean;
}

export interface SignalingPublishTopic {
  readonly type: 'publish-topic';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** Channel name. */
  readonly channel: string;
  /** Topic name. */
  readonly topic: string;
  readonly content: SignalingContent;
  /** What the publisher calls the message. */
  readonly customType?: string;
}

/** The new token does not allow to read these message channels: they are not subscribed any more; the session goes on. */
export interface SignalingReadRevoked {
  readonly type: 'read-revoked';
  readonly channels: readonly string[];
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

/** A request was not done. `code` as in spec: signaling section 5, for example −11033. */
export interface SignalingRefused {
  readonly type: 'refused';
  /** Id of the request. */
  readonly id: number;
  /** The API's number of it. */
  readonly code: number;
  /** A sentence, with its full stop. */
  readonly reason: string;
}

export interface SignalingReleaseLock {
  readonly type: 'release-lock';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Name of a lock. */
  readonly lockName: string;
}

export interface SignalingRemoveLock {
  readonly type: 'remove-lock';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Name of a lock. */
  readonly lockName: string;
}

export interface SignalingRemoveState {
  readonly type: 'remove-state';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** No keys: all of it. */
  readonly keys: readonly string[];
}

export interface SignalingRenewToken {
  readonly type: 'renew-token';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** The new AccessToken2. */
  readonly token: string;
  /** A stream channel, if it is the token of that one. */
  readonly channel?: string;
}

/** A request of a logged-in client. Each has an `id` of its own, and is answered with `ok` or `refused`. */
export type SignalingRequest = SignalingRenewToken | SignalingLinkProof | SignalingSubscribe | SignalingUnsubscribe | SignalingPublish | SignalingGetMessages | SignalingSetState | SignalingRemoveState | SignalingGetState | SignalingOnlineUsers | SignalingUserChannels | SignalingChangeMetadata | SignalingGetMetadata | SignalingSubscribeUserMetadata | SignalingUnsubscribeUserMetadata | SignalingSetLock | SignalingRemoveLock | SignalingAcquireLock | SignalingReleaseLock | SignalingRevokeLock | SignalingGetLocks | SignalingTopicRequest | SignalingRosterRequest;

/** What a request asked for. */
export type SignalingResult = {
  /** States by key. */
  readonly states: SignalingStates;
} | {
  readonly occupants: readonly SignalingOccupant[];
  /** Users in this page; without user ids, in the channel (spec: signaling 3.3). */
  readonly totalOccupancy: number;
  /** Housecount: users in the channel, exact. */
  readonly channelOccupancy: number;
  readonly nextPage: string;
} | {
  readonly channels: readonly {
    readonly channelName: string;
    readonly channelType: SignalingChannelType;
  }[];
} | {
  /** Answers `change-metadata` with the revision of the set and how many items it has; `get-metadata` gives these too. */
  readonly majorRevision: number;
  /** Items of the set. */
  readonly totalCount: number;
  readonly items?: readonly SignalingMetadataItem[];
} | {
  readonly locks: readonly SignalingLock[];
} | {
  /** It answers `link-proof`, is **secret** and opaque, and is good for one `link` of that connection, for a minute. */
  readonly proof: string;
} | SignalingTopicResult | SignalingMessagesPage;

export interface SignalingRevokeLock {
  readonly type: 'revoke-lock';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Name of a lock. */
  readonly lockName: string;
  /** User id. */
  readonly owner: string;
}

/** One change. `event` is its cause: absent for states, and for links that went silent or are heard again. */
export type SignalingRosterChange = {
  /** Dense in a stream: 1, 2, 3 … */
  readonly seq: number;
  /** When it happened, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly event?: {
    /** One life of the channel. */
    readonly sid: string;
    /** Order in the sid. */
    readonly seq: number;
    readonly roster: 'live' | 'signaling';
  };
  readonly type: 'joined' | 'changed';
  readonly member: SignalingRosterMember;
} | {
  /** Dense in a stream: 1, 2, 3 … */
  readonly seq: number;
  /** When it happened, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly event?: {
    /** One life of the channel. */
    readonly sid: string;
    /** Order in the sid. */
    readonly seq: number;
    readonly roster: 'live' | 'signaling';
  };
  readonly type: 'left';
  /** User id. */
  readonly userId: string;
  readonly reason: LeaveReason;
  /** Nobody left: a link came late, and who was shown as `userId` is part of this user, about whom the next change of the same frame is. */
  readonly into?: string;
};

/** Changes `from` … `seq`, dense. Skip those that are not newer than what is known. */
export interface SignalingRosterChanges {
  readonly type: 'roster-changes';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
  /** The first change of it. */
  readonly from: number;
  /** The point that the roster is true at after these changes; absent where more changes follow that belong to it. */
  readonly at?: RosterPoint;
  /** Members. */
  readonly count?: number;
  readonly changes: readonly SignalingRosterChange[];
}

/** The numbers: `hosts` and `audience` are in the live channel; the rest of `count` subscribe alone. */
export interface SignalingRosterCount {
  readonly type: 'roster-count';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
  readonly at: RosterPoint;
  /** Members. */
  readonly count: number;
  /** Broadcasters in the live channel. */
  readonly hosts: number;
  /** Of the audience in the live channel. */
  readonly audience: number;
  /** Members of whom nothing is heard. */
  readonly interrupted: number;
}

/** The changes that a reader knows: those of this stream up to this seq. */
export interface SignalingRosterCursor {
  /** The stream. */
  readonly stream: string;
  /** Goes on after this change. */
  readonly after: number;
}

/** The server has ended all that the session follows of this roster. */
export interface SignalingRosterEnded {
  readonly type: 'roster-ended';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** A code of codes.ts: `token_no_privilege`. */
  readonly code: string;
  /** A sentence, with its full stop. */
  readonly message: string;
}

export type SignalingRosterFrame = SignalingRosterSnapshot | SignalingRosterChanges | SignalingRosterCount | SignalingRosterWindow | SignalingRosterWindowChanges | SignalingRosterEnded;

/** Somebody in a signaling channel. */
export interface SignalingRosterMember {
  /** User id. */
  readonly userId: string;
  /** The states as presence shows them. */
  readonly states: SignalingStates;
  /** Present while the user is in the live channel. */
  readonly live?: {
    /** The uid of the member that came first. */
    readonly uid: number;
    /** `broadcaster` if any member of the user is one. */
    readonly role: Role;
    /** Since when, UTC epoch milliseconds. */
    readonly joinedMs: number;
    /** The uids of all members that are linked to the user, in order of arrival, where there are several. */
    readonly uids?: readonly number[];
  };
  /** Present while the user subscribes. */
  readonly signaling?: {
    /** Since when, UTC epoch milliseconds. */
    readonly joinedMs: number;
  };
  /** The time since which nothing is heard of the user by any link, UTC epoch milliseconds; absent otherwise. A state, not an event. */
  readonly interruptedSinceMs?: number;
}

/** A client's request about a channel's roster. */
export type SignalingRosterRequest = SignalingSubscribeRoster | SignalingUnsubscribeRoster;

/** A part of all of a roster; `last` on the final part. At most `rosterPageMembersMax` members each. */
export interface SignalingRosterSnapshot {
  readonly type: 'roster-snapshot';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
  readonly at: RosterPoint;
  /** Members. */
  readonly count: number;
  readonly members: readonly SignalingRosterMember[];
  /** The final part. */
  readonly last: boolean;
}

/** All of a window: takes the place of whatever was known of it. */
export interface SignalingRosterWindow {
  readonly type: 'roster-window';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
  readonly at: RosterPoint;
  /** Members. */
  readonly count: number;
  /** Broadcasters in the live channel. */
  readonly hosts: number;
  /** Of the audience in the live channel. */
  readonly audience: number;
  /** Members of whom nothing is heard. */
  readonly interrupted: number;
  readonly view: {
    readonly from: number;
    readonly count: number;
  };
  readonly members: readonly SignalingRosterMember[];
}

/** The delta from the window at `after` to the window at `seq`: take out `left`, replace `changed`, append `entered`. Each is absent if it is empty. */
export interface SignalingRosterWindowChanges {
  readonly type: 'roster-window-changes';
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
  readonly at: RosterPoint;
  /** Members. */
  readonly count: number;
  /** Broadcasters in the live channel. */
  readonly hosts: number;
  /** Of the audience in the live channel. */
  readonly audience: number;
  /** Members of whom nothing is heard. */
  readonly interrupted: number;
  readonly view: {
    readonly from: number;
    readonly count: number;
  };
  /** The seq of the window that it changes. */
  readonly after: number;
  /** User ids: they left the channel, or moved to a place before the window. */
  readonly left?: readonly string[];
  readonly changed?: readonly SignalingRosterMember[];
  readonly entered?: readonly SignalingRosterMember[];
}

export type SignalingServerFrame = SignalingWelcome | SignalingPong | SignalingOk | SignalingRefused | SignalingUnsubscribed | SignalingChannelEnded | SignalingReadRevoked | SignalingTokenWillExpire | SignalingClosing | SignalingMessage | SignalingPresence | SignalingStorage | SignalingLockEvent | SignalingTopicEvent | SignalingRosterFrame;

export interface SignalingSetLock {
  readonly type: 'set-lock';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Name of a lock. */
  readonly lockName: string;
  /** Seconds, 10 to 300. */
  readonly ttl: number;
}

/** Merged into what there is; own state only. */
export interface SignalingSetState {
  readonly type: 'set-state';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** States by key. */
  readonly states: SignalingStates;
}

/** A set of metadata, whole: at a subscription to it, and at every change. */
export interface SignalingStorage {
  readonly type: 'storage';
  readonly event: 'SNAPSHOT' | 'UPDATE';
  readonly target: MetadataTarget;
  /** The user who did it; empty in a snapshot. */
  readonly publisher: string;
  readonly majorRevision: number;
  readonly items: readonly SignalingMetadataItem[];
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

export type SignalingSubscribe = {
  readonly type: 'subscribe';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Only of message channels. */
  readonly withMessage?: boolean;
  /** Only of stream channels: an AccessToken2 with the RTC join privilege for the channel and this user. An app in development needs none. */
  readonly token?: string;
  readonly withPresence: boolean;
  readonly withMetadata: boolean;
  readonly withLock: boolean;
  /** True: nobody is told of this user, and no list contains it. */
  readonly beQuiet: boolean;
  /** States by key that are set together with the subscription, and reported as part of it (spec: signaling 3.4). */
  readonly states?: SignalingStates;
};

export interface SignalingSubscribeRoster {
  readonly type: 'subscribe-roster';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  /** Absent: all of it. */
  readonly view?: RosterViewRequest;
  /** A whole roster goes on after this cursor, if the server still has the changes since. */
  readonly cursor?: SignalingRosterCursor;
}

/** Adds publishers to those whose messages one gets. */
export interface SignalingSubscribeTopic {
  readonly type: 'subscribe-topic';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** Channel name. */
  readonly channel: string;
  /** Topic name. */
  readonly topic: string;
  /** User ids. Absent: up to 64 of those who publish now. */
  readonly users?: readonly string[];
  /** Takes also users who do not publish now: for a client that brings back what it had. */
  readonly absent?: boolean;
}

export interface SignalingSubscribeUserMetadata {
  readonly type: 'subscribe-user-metadata';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** User id. */
  readonly userId: string;
}

/** The token's privilege ends soon: that of the login, or of a stream channel. */
export interface SignalingTokenWillExpire {
  readonly type: 'token-will-expire';
  /** Channel name. */
  readonly channel?: string;
  /** When the privilege ends, UTC epoch milliseconds. */
  readonly endsMs: number;
}

/** A topic and its publishers. */
export interface SignalingTopic {
  readonly topic: string;
  readonly publishers: readonly {
    /** User id. */
    readonly userId: string;
    readonly meta: string;
  }[];
}

/** Tells who begins and who ends publishing in a stream channel; SNAPSHOT tells a newcomer everybody who publishes. */
export interface SignalingTopicEvent {
  readonly type: 'topic';
  /** Channel name. */
  readonly channel: string;
  readonly event: {
    readonly type: 'SNAPSHOT';
    readonly topics: readonly SignalingTopic[];
  } | {
    readonly type: 'REMOTE_JOIN' | 'REMOTE_LEAVE';
    /** User id. */
    readonly userId: string;
    readonly topics: readonly SignalingTopic[];
  };
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

/** A request of a member of a stream channel about its topics. */
export type SignalingTopicRequest = SignalingJoinTopic | SignalingLeaveTopic | SignalingPublishTopic | SignalingSubscribeTopic | SignalingUnsubscribeTopic;

/** Answers `subscribe-topic` and `unsubscribe-topic`: everybody whose messages one gets, and what became of those asked for. */
export interface SignalingTopicResult {
  readonly subscribed: readonly string[];
  readonly succeeded: readonly string[];
  readonly failed: readonly {
    /** User id. */
    readonly userId: string;
    /** It says why, as signaling 2.6 of the spec lists: 5 means that the user does not publish. */
    readonly code: number;
  }[];
}

export interface SignalingUnsubscribe {
  readonly type: 'unsubscribe';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
}

export interface SignalingUnsubscribeRoster {
  readonly type: 'unsubscribe-roster';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  readonly channelType: SignalingChannelType;
  /** Channel name. */
  readonly channel: string;
  readonly view?: RosterViewRequest;
}

export interface SignalingUnsubscribeTopic {
  readonly type: 'unsubscribe-topic';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** Channel name. */
  readonly channel: string;
  /** Topic name. */
  readonly topic: string;
  /** User ids. Absent: all of them. */
  readonly users?: readonly string[];
}

export interface SignalingUnsubscribeUserMetadata {
  readonly type: 'unsubscribe-user-metadata';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** User id. */
  readonly userId: string;
}

/** The server has ended the subscription to a message channel, and says why; the session goes on. */
export interface SignalingUnsubscribed {
  readonly type: 'unsubscribed';
  /** Channel name. */
  readonly channel: string;
  /** A code of codes.ts: `kicked`. */
  readonly code: string;
  /** A sentence, with its full stop. */
  readonly message: string;
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
}

export interface SignalingUserChannels {
  readonly type: 'user-channels';
  /** Id of a request; its answer has the same. */
  readonly id: number;
  /** User id. */
  readonly userId: string;
}

/** The login was taken. */
export interface SignalingWelcome {
  readonly type: 'welcome';
  readonly session: {
    readonly id: string;
    readonly key: string;
  };
  /** The session is the one that was asked for: nothing was lost. Otherwise the client subscribes anew. */
  readonly resumed: boolean;
  /** The number of the newest attempt to resume that was taken, 0 if none was: the next one has a higher one. Absent: an older server, which knows no `attempt` in a login. */
  readonly attempt?: number;
  /** The server's time, UTC epoch milliseconds. */
  readonly serverMs: number;
  /** Say something at least this often, milliseconds. */
  readonly pingMs: number;
  /** Silence after which the server presumes the session gone, milliseconds. Older servers do not say. */
  readonly leaseMs?: number;
  /** After a restart of the server: how long it waits for its clients to come back, milliseconds. */
  readonly recoveryMs?: number;
  /** Channels that the session which was asked for was put out of and has not subscribed to since: its client may not have heard. They are not to be subscribed anew but by the app. */
  readonly ended?: readonly (SignalingUnsubscribed | SignalingChannelEnded)[];
}
