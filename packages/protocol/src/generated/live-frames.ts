// Made of the schemas by `npm run schema`: change those, in packages/schema.

import type { Code } from '../codes.ts';
import type { ConnectionKind, Profile, Role } from '../events.ts';
import type { LeaveReason, RuleScope } from '../reasons.ts';

export interface ByeFrame {
  readonly type: 'bye';
  /** Leave only if nobody has resumed after this time, milliseconds: for a page that cannot know whether it is closed or reloaded. Default 0: leave at once. */
  readonly graceMs?: number;
}

export type ClientFrame = HelloFrame | ByeFrame | PingFrame | SetRoleFrame | RenewTokenFrame | LinkFrame | SubscribeRosterFrame | UnsubscribeRosterFrame | StreamsFrame | SelectFrame | TellInfoFrame | StreamMessagesFrame;

/** The connection ends; the socket is closed with `codes[code].close` right after. */
export interface ClosingFrame {
  readonly type: 'closing';
  /** See Close codes. */
  readonly code: Code;
  /** A sentence for a person; may change. */
  readonly message: string;
  /** May the client connect again with the same hello? */
  readonly retry: boolean;
  /** Not before this many milliseconds from now, unless that is longer than a quarter of the lease: see Resuming; add jitter of your own. */
  readonly retryAfterMs?: number;
  /** With `kicked` and `banned`, what the kicking rule is about: `uid` (this member), `ip` (its address) or `channel`. */
  readonly scope?: RuleScope;
}

export interface ErrorFrame {
  readonly type: 'error';
  /** Of the request; absent if the frame had none that could be read. */
  readonly id?: number;
  /** As in `closing`. */
  readonly code: Code;
  /** As in `closing`. */
  readonly message: string;
}

export interface HelloFrame {
  readonly type: 'hello';
  /** `1`. Another one is refused with `version_unsupported`. */
  readonly version: number;
  /** The app id, 32 hexadecimal characters. */
  readonly app: string;
  /** 1 to 64 characters of the legal set, below. */
  readonly channel: string;
  /** An AccessToken2 with the RTC service, for this channel and identity. Every app needs one. */
  readonly token?: string;
  /** The number of the member; 0 or absent asks for an assigned one, for which the token must be for any uid. */
  readonly uid?: number;
  /** A string identity instead of `uid`: 1 to 255 characters of the legal set. Not together with `uid`. */
  readonly account?: string;
  /** `broadcaster` or `audience`; default `audience`. In a communication channel it is ignored: all are broadcasters. Where the app uses co-host authentication, a broadcaster whose token allows no publishing is refused with `token_no_privilege`. */
  readonly role?: Role;
  /** `live` (default) or `communication`; fixed by the first member of a sid, or by the server's settings (then it is what an absent one means); others are refused with `profile_mismatch`. */
  readonly profile?: Profile;
  /** 0 other (default), 1 Android, 2 iOS, 5 Windows, 6 Linux, 7 Web, 8 macOS. */
  readonly platform?: number;
  /** With platform 6: 3 on-premise recorder, 10 cloud recorder. */
  readonly clientType?: number;
  /** The `resume` of an earlier welcome: the same membership is taken up again, without an event. See Resuming. */
  readonly resume?: string;
  /** With `resume`: the number of this attempt, to a server whose welcome has `attempt`. A lower one than was taken already is refused with `replaced`. Default 0. See Resuming. */
  readonly attempt?: number;
  /** True says that a `link` comes, so over signaling nobody is told of this member before that, for a moment at most (see `link`). Where the welcome has no `link` it changes nothing. Older servers refuse a hello that has it, with `frame_invalid`: send it again without. */
  readonly linkAwaited?: boolean;
}

export type HostInfo = 'mute-audio' | 'unmute-audio' | 'mute-video' | 'unmute-video' | 'enable-local-video' | 'disable-local-video';

/** Why the next `host-streams` of this broadcaster are other ones. It may come without them, or they without it. */
export interface HostInfoFrame {
  readonly type: 'host-info';
  /** The number of the member. */
  readonly uid: number;
  /** What it did. */
  readonly what: HostInfo;
}

/** A broadcaster came (or an audience member became one). */
export interface HostJoinedFrame {
  readonly type: 'host-joined';
  /** Of the event. */
  readonly sid: string;
  /** Of the event. */
  readonly seq: number;
  /** As in `hosts` of the welcome; nobody is silent as they come. */
  readonly host: {
    /** The number of the member. */
    readonly uid: number;
    /** If it joined with one. */
    readonly account?: string;
    /** It is sending audio. */
    readonly audio: boolean;
    /** It is sending video. */
    readonly video: boolean;
  };
}

/** `became-audience` is a role change; the member is still in the channel. */
export interface HostLeftFrame {
  readonly type: 'host-left';
  /** Of the event. */
  readonly sid: string;
  /** Of the event. */
  readonly seq: number;
  /** The number of the member. */
  readonly uid: number;
  /** `timeout`, `became-audience` (it is still in the channel), or `quit` for all others. */
  readonly reason: 'quit' | 'timeout' | 'became-audience';
}

/** Messages of a broadcaster: told once to whoever is connected, and kept nowhere. */
export interface HostMessagesFrame {
  readonly type: 'host-messages';
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** The messages in order, each as base64. */
  readonly messages: readonly string[];
}

/** A broadcaster as every rtc connection sees it. */
export interface HostState {
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** It is sending audio. */
  readonly audio: boolean;
  /** It is sending video. */
  readonly video: boolean;
  /** True while its connection is silent; else absent. */
  readonly interrupted?: boolean;
}

export interface HostStreamsFrame {
  readonly type: 'host-streams';
  /** The number of the member. */
  readonly uid: number;
  /** The broadcaster is sending audio now. */
  readonly audio: boolean;
  /** The broadcaster is sending video now. */
  readonly video: boolean;
}

/** In place of those of the welcome, whose passwords end: for each RTCPeerConnection from now on, and for ICE restarts. */
export interface IceServersFrame {
  readonly type: 'ice-servers';
  /** All of them. */
  readonly iceServers: readonly {
    readonly urls: string;
    readonly username?: string;
    readonly credential?: string;
  }[];
}

export interface LinkFrame {
  readonly type: 'link';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** It proves which signaling user the member is: `link-proof` of their session gave it for the `nonce` of this welcome. Absent: there is no such user, and the member is nobody but itself. */
  readonly proof?: string;
}

/** The picture of one WHEP session comes in another size from now on. Until it is told it is a large one. */
export interface MediaLayerFrame {
  readonly type: 'media-layer';
  /** The session: the last path segment of the Location of one of this member's WHEP sessions. */
  readonly session: string;
  /** `low`: the smallest of the sizes in which the host sends its picture. */
  readonly layer: 'high' | 'low';
}

/** The media engine was restarted: publish and subscribe again. Membership is untouched. */
export interface MediaRestartedFrame {
  readonly type: 'media-restarted';
}

/** A member that joins: nobody is silent then. */
export interface NewRosterMember {
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** The signaling user that it is linked to; absent: none, so far. */
  readonly userId?: string;
  readonly role: Role;
  /** Platform number, as in `hello`. */
  readonly platform: number;
  /** What the client says it is, as in `hello`. */
  readonly clientType?: number;
  readonly connection: ConnectionKind;
  /** When the member joined, UTC epoch milliseconds. */
  readonly joinedMs: number;
}

export interface OkFrame {
  readonly type: 'ok';
  /** Of the request that is done. */
  readonly id: number;
  /** The next proof, should one be needed, is about this nonce. It is there after a `link` with a proof. */
  readonly nonce?: string;
}

export interface PingFrame {
  readonly type: 'ping';
  /** Echoed in the `pong`. */
  readonly id?: number;
}

export interface PongFrame {
  readonly type: 'pong';
  /** That of the ping, if it had one. */
  readonly id?: number;
}

export interface RenewTokenFrame {
  readonly type: 'renew-token';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** A new token for the same channel and identity. */
  readonly token: string;
}

/** One change of the roster. */
export type RosterChange = {
  /** Dense: a hole means a missed change. */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly type: 'opened';
  readonly profile: Profile;
} | {
  /** Dense: a hole means a missed change. */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly type: 'joined';
  /** As in the snapshot, without `interruptedSinceMs`. */
  readonly member: NewRosterMember;
} | {
  /** Dense: a hole means a missed change. */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly type: 'left';
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** The signaling user that it is linked to; absent: none, so far. */
  readonly userId?: string;
  /** The new role; of who left, the role at the leave. */
  readonly role: Role;
  readonly reason: LeaveReason;
  /** When it was last heard, UTC epoch milliseconds. */
  readonly lastHeardMs: number;
} | {
  /** Dense: a hole means a missed change. */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly type: 'role';
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** The signaling user that it is linked to; absent: none, so far. */
  readonly userId?: string;
  /** The new role; of who left, the role at the leave. */
  readonly role: Role;
} | {
  /** Dense: a hole means a missed change. */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly type: 'closed';
};

/** Changes `from`…`to`, dense. The first frame after a snapshot at seq n begins at n + 1 or earlier: skip what is not newer. */
export interface RosterChangesFrame {
  readonly type: 'roster-changes';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** First seq of `changes`. */
  readonly from: number;
  /** Last seq of `changes`. */
  readonly to: number;
  /** Members in the channel after `to`. */
  readonly count: number;
  /** Dense, and at most 1,000. */
  readonly changes: readonly RosterChange[];
}

/** The counts at `seq`: at first, and whenever they changed. */
export interface RosterCountFrame {
  readonly type: 'roster-count';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Where the counts are true. */
  readonly seq: number;
  /** Members in the channel. */
  readonly count: number;
  /** Broadcasters. */
  readonly hosts: number;
  /** All others; with `hosts` they are `count`. */
  readonly audience: number;
  /** Members whose connection is silent: counted in the above, too. A state, as in `roster-interrupted`. */
  readonly interrupted: number;
}

/** Silence is told before it is judged: these members' connections went silent, or are back. No seq. */
export interface RosterInterruptedFrame {
  readonly type: 'roster-interrupted';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Members whose connection went silent, and since when: they are still in the channel. */
  readonly silent: readonly {
    /** The number of the member. */
    readonly uid: number;
    /** When it was last heard, UTC epoch milliseconds. */
    readonly sinceMs: number;
  }[];
  /** uids of members heard again. */
  readonly back: readonly number[];
}

/** Which signaling users these members are became known after they had joined. It has no seq. */
export interface RosterLinkedFrame {
  readonly type: 'roster-linked';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** These members were linked after they had come, or to another user than before. */
  readonly linked: readonly {
    /** The number of the member. */
    readonly uid: number;
    /** The signaling user that it is linked to now. */
    readonly userId: string;
  }[];
}

/** A member as clients see it. */
export interface RosterMember {
  /** The number of the member. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** The signaling user that it is linked to; absent: none, so far. */
  readonly userId?: string;
  readonly role: Role;
  /** Platform number, as in `hello`. */
  readonly platform: number;
  /** What the client says it is, as in `hello`. */
  readonly clientType?: number;
  readonly connection: ConnectionKind;
  /** When the member joined, UTC epoch milliseconds. */
  readonly joinedMs: number;
  /** The time since which its connection is silent, UTC epoch milliseconds; absent while it is not. A state, not an event. */
  readonly interruptedSinceMs?: number;
}

/** A part of the roster at `seq`; `last` on the final part. At most `rosterPageMembersMax` members each. */
export interface RosterSnapshotFrame {
  readonly type: 'roster-snapshot';
  /** The same on all parts of the snapshot. */
  readonly sid: string;
  /** Where this snapshot is true; the same on all its parts. */
  readonly seq: number;
  readonly profile: Profile;
  /** Members in the whole snapshot. */
  readonly count: number;
  /** Those of this part: at most 1,000, in order of arrival. */
  readonly members: readonly RosterMember[];
  /** True on the final part. */
  readonly last: boolean;
}

/** The part of a roster to follow: the counts alone, or a window of it with the counts. A window is the members at places `from` to `from` + `count` − 1 in order of arrival, 0 being the first; `first: n` is `from: 0, count: n`. */
export type RosterViewRequest = {
  readonly count: true;
} | {
  /** Members of the window. */
  readonly first: number;
} | {
  /** Place of the first one. */
  readonly from: number;
  /** Members of the window. */
  readonly count: number;
};

/** The changes that turn the window at `after` into the window at `seq`: take out `left`, put those of `changed` in the place of what was known of them, append `entered`. Each is absent if it is empty. `after` equals `seq` where only links changed. */
export interface RosterWindowChangesFrame {
  readonly type: 'roster-window-changes';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** The seq that the client knows: of the window frame before this one. */
  readonly after: number;
  /** Where the window and the counts are true now. Equals `after` where only links changed. */
  readonly seq: number;
  /** Members in the whole channel, as in `roster-count`. */
  readonly count: number;
  /** Broadcasters in the whole channel, as in `roster-count`. */
  readonly hosts: number;
  /** All others in the whole channel, as in `roster-count`. */
  readonly audience: number;
  /** Members whose connection is silent in the whole channel, as in `roster-count`. */
  readonly interrupted: number;
  /** uids that are no longer in the window: they left the channel or, where `from` is not 0, moved to a place before it. */
  readonly left?: readonly number[];
  /** Members of the window that are another way now: role, `userId`, or `interruptedSinceMs` come or gone. */
  readonly changed?: readonly RosterMember[];
  /** Members that are new in the window; they come after all others. */
  readonly entered?: readonly RosterMember[];
}

/** All of a window at `seq`: takes the place of whatever window was known. */
export interface RosterWindowFrame {
  readonly type: 'roster-window';
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Where this is true. */
  readonly seq: number;
  /** Members in the whole channel, as in `roster-count`. */
  readonly count: number;
  /** Broadcasters in the whole channel, as in `roster-count`. */
  readonly hosts: number;
  /** All others in the whole channel, as in `roster-count`. */
  readonly audience: number;
  /** Members whose connection is silent in the whole channel, as in `roster-count`. */
  readonly interrupted: number;
  /** The place of the first of `members` in the order of arrival, counted from 0: as asked for. */
  readonly from: number;
  /** All that stand in the window, in order of arrival, as in `roster-snapshot`; empty if there are not so many members. */
  readonly members: readonly RosterMember[];
}

/** Names what of one WHEP session of this member the server shall forward. */
export interface SelectFrame {
  readonly type: 'select';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** The session: the last path segment of the Location of one of this member's WHEP sessions. */
  readonly session: string;
  /** Forward audio. */
  readonly audio: boolean;
  /** Forward video. */
  readonly video: boolean;
  /** The largest picture, where the host sends it in several sizes: `low` is the smallest. Absent: any. */
  readonly layer?: 'high' | 'low';
}

export type ServerFrame = WelcomeFrame | IceServersFrame | ClosingFrame | PongFrame | OkFrame | ErrorFrame | TokenWillExpireFrame | RosterSnapshotFrame | RosterChangesFrame | RosterInterruptedFrame | RosterLinkedFrame | RosterCountFrame | RosterWindowFrame | RosterWindowChangesFrame | HostJoinedFrame | HostLeftFrame | HostStreamsFrame | HostInfoFrame | HostMessagesFrame | MediaLayerFrame | MediaRestartedFrame;

/** A request carries an `id`; the answer is `ok` or `error` with the same id. */
export interface SetRoleFrame {
  readonly type: 'set-role';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** The new role. */
  readonly role: Role;
}

/** Messages of this broadcaster to all others who are in the channel now. */
export interface StreamMessagesFrame {
  readonly type: 'stream-messages';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** The messages in order, each as base64 of at most 1,024 bytes. */
  readonly messages: readonly string[];
}

/** Tells what this broadcaster is sending (mute and unmute, publish and unpublish). */
export interface StreamsFrame {
  readonly type: 'streams';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** This broadcaster is sending audio now. */
  readonly audio: boolean;
  /** This broadcaster is sending video now. */
  readonly video: boolean;
}

/** Follow the channel's roster. With `sid` and `after`: only what came after, if the server still has it. With `view`: that much of it; a cursor then changes nothing, for the answer is as small as the view. */
export type SubscribeRosterFrame = {
  readonly type: 'subscribe-roster';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** With `after`: what the client knows already. */
  readonly sid?: string;
  /** The last seq that it knows. */
  readonly after?: number;
  /** How much of the roster; absent: all of it. */
  readonly view?: RosterViewRequest;
};

/** Says why the next `streams` of this broadcaster are other ones. */
export interface TellInfoFrame {
  readonly type: 'tell-info';
  /** Id of the request; its answer has the same. */
  readonly id: number;
  /** What this broadcaster did. */
  readonly what: HostInfo;
}

/** 30 s before the join privilege ends. */
export interface TokenWillExpireFrame {
  readonly type: 'token-will-expire';
  /** When the join privilege ends, UTC epoch milliseconds. */
  readonly endsMs: number;
}

export interface UnsubscribeRosterFrame {
  readonly type: 'unsubscribe-roster';
  /** Id of the request; its answer has the same. */
  readonly id: number;
}

export interface WelcomeFrame {
  readonly type: 'welcome';
  /** Names this connection of this member; the same after a resume. */
  readonly connectionId: string;
  /** **Secret**: takes this membership up again, and is the Bearer of this member's WHIP and WHEP sessions. Opaque. */
  readonly resume: string;
  /** True: the membership was taken up again, no event was made. */
  readonly resumed: boolean;
  /** The number of the newest attempt to resume that was taken, 0 if none was: the next one has a higher one. Absent: an older server, which knows no `attempt` in a hello. */
  readonly attempt?: number;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Where the channel stood when `hosts` and `count` were true. */
  readonly seq: number;
  /** The member's number: as given, as assigned, or as mapped from the account for ever. */
  readonly uid: number;
  /** If it joined with one. */
  readonly account?: string;
  /** It is what the log has, which after a resume may differ from the hello. */
  readonly role: Role;
  /** It is what the log has, which after a resume may differ from the hello. */
  readonly profile: Profile;
  /** The channel's broadcasters in order of arrival. Includes this member if it is one. */
  readonly hosts: readonly HostState[];
  /** Members in the channel. */
  readonly count: number;
  /** The server's time, UTC epoch milliseconds: what its events are stamped with; never for measuring how long something lasts. */
  readonly nowMs: number;
  /** Send at least this often, milliseconds. */
  readonly pingMs: number;
  /** Silence after which the server presumes the connection gone, milliseconds. */
  readonly leaseMs: number;
  /** After a restart, how long the server waits for its clients to come back, milliseconds; older servers do not say, then take `leaseMs`. */
  readonly recoveryMs?: number;
  /** When the join privilege ends, and the membership with it, UTC epoch milliseconds; absent: never. */
  readonly tokenEndsMs?: number;
  /** It is there where the app links members to signaling users: see `link`. Absent: the app does not, or the server is older. */
  readonly link?: {
    /** It names this attachment of the member to whoever issues a proof. Each welcome has another one, and none is secret. */
    readonly nonce: string;
    /** The signaling user that the member is linked to; absent: none. */
    readonly userId?: string;
  };
  /** For the client's RTCPeerConnection. */
  readonly iceServers: readonly {
    readonly urls: string;
    readonly username?: string;
    readonly credential?: string;
  }[];
}
