import type { Code } from './codes.ts';
import type { Profile, Role } from './events.ts';
import type { RuleScope } from './reasons.ts';
import type { RosterChange, RosterMember } from './roster.ts';

/** Version of the WebSocket protocol at /v1/connect; sent in hello. docs/protocol.md is its prose. */
export const protocolVersion = 1;
/** The largest frame a client may send, in bytes. Chosen: a hello with an 8 KiB token fits several times. */
export const clientFrameBytesMax = 32 * 1024;

/** The streams that a broadcaster is sending right now: a state, not an event. */
export interface StreamState {
  readonly audio: boolean;
  readonly video: boolean;
}
/** A broadcaster as every rtc connection sees it. */
export interface HostState extends StreamState {
  readonly uid: number;
  readonly account?: string;
  /** True while the broadcaster's connection is silent. */
  readonly interrupted?: boolean;
}

/** Longest grace of a bye, milliseconds. Chosen: a goodbye is still told while people look. */
export const byeGraceMsMax = 2_000;

// ---- client to server -------------------------------------------------------------------------------------

export interface HelloFrame {
  readonly type: 'hello';
  readonly version: number;
  readonly app: string;
  readonly channel: string;
  readonly token?: string;
  /** Number 1…2^32−1, or 0 or absent for "assign one". Not together with `account`. */
  readonly uid?: number;
  readonly account?: string;
  /** Default `audience` in a live channel; ignored in a communication channel, where all are broadcasters. */
  readonly role?: Role;
  /** Default `live`. */
  readonly profile?: Profile;
  /** Platform number (spec 5.1); default 0. */
  readonly platform?: number;
  readonly clientType?: number;
  /** The resume key of an earlier welcome: the same membership is taken up again, without an event. */
  readonly resume?: string;
}
export interface ByeFrame {
  readonly type: 'bye';
  /**
   * Leave only if nobody has resumed after this time, milliseconds, at most `byeGraceMsMax`. For a page that cannot know
   * whether it is closed or reloaded. Default 0: leave at once.
   */
  readonly graceMs?: number;
}
export interface PingFrame {
  readonly type: 'ping';
  /** Echoed in the pong. */
  readonly id?: number;
}
/** A request carries an `id`; the answer is `ok` or `error` with the same id. */
export interface SetRoleFrame {
  readonly type: 'set-role';
  readonly id: number;
  readonly role: Role;
}
export interface RenewTokenFrame {
  readonly type: 'renew-token';
  readonly id: number;
  readonly token: string;
}
/**
 * The part of a roster to follow: the counts alone, or a window of it with the counts. A window is the members at places
 * `from` to `from` + `count` − 1 in order of arrival, 0 being the first; `first: n` is `from: 0, count: n`.
 */
export type RosterViewRequest =
  | { readonly count: true }
  | { readonly first: number }
  | { readonly from: number; readonly count: number };
/**
 * Follow the channel's roster. With `sid` and `after`: only what came after, if the server still has it. With `view`: that
 * much of it; a cursor then changes nothing, for the answer is as small as the view.
 */
export interface SubscribeRosterFrame {
  readonly type: 'subscribe-roster';
  readonly id: number;
  readonly view?: RosterViewRequest;
  readonly sid?: string;
  readonly after?: number;
}
export interface UnsubscribeRosterFrame {
  readonly type: 'unsubscribe-roster';
  readonly id: number;
}
/** Tells what this broadcaster is sending (mute and unmute, publish and unpublish). */
export interface StreamsFrame {
  readonly type: 'streams';
  readonly id: number;
  readonly audio: boolean;
  readonly video: boolean;
}
/** Names the kinds of one WHEP session of this member that the server shall forward. */
export interface SelectFrame {
  readonly type: 'select';
  readonly id: number;
  /** The last path segment of the session's Location. */
  readonly session: string;
  readonly audio: boolean;
  readonly video: boolean;
}
export type ClientFrame =
  | HelloFrame
  | ByeFrame
  | PingFrame
  | SetRoleFrame
  | RenewTokenFrame
  | SubscribeRosterFrame
  | UnsubscribeRosterFrame
  | StreamsFrame
  | SelectFrame;

// ---- server to client -------------------------------------------------------------------------------------

export interface WelcomeFrame {
  readonly type: 'welcome';
  readonly connectionId: string;
  /** Secret of this membership: resumes it, and is the Bearer of its own WHIP and WHEP sessions. */
  readonly resume: string;
  /** True if a silent connection was taken up again: no event was made. */
  readonly resumed: boolean;
  readonly sid: string;
  /** The channel's seq that `hosts` and `count` are true at. */
  readonly seq: number;
  readonly uid: number;
  readonly account?: string;
  readonly role: Role;
  readonly profile: Profile;
  readonly hosts: readonly HostState[];
  readonly count: number;
  readonly nowMs: number;
  /** The client shall send a frame at least this often, milliseconds. */
  readonly pingMs: number;
  /** Silence after which the server presumes the connection gone, milliseconds. */
  readonly leaseMs: number;
  /** After a restart of the server: how long it waits for its clients to come back, milliseconds. Older servers do not say. */
  readonly recoveryMs?: number;
  /** End of the join privilege, epoch milliseconds. */
  readonly tokenEndsMs?: number;
  readonly iceServers: readonly { urls: string; username?: string; credential?: string }[];
}
/** The connection ends; the socket is closed with `codes[code].close` right after. */
export interface ClosingFrame {
  readonly type: 'closing';
  readonly code: Code;
  readonly message: string;
  /** May the client connect again, and when at the earliest, milliseconds from now. */
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  /** The scope of the kicking rule; with `kicked` and `banned`. */
  readonly scope?: RuleScope;
}
export interface PongFrame {
  readonly type: 'pong';
  readonly id?: number;
}
export interface OkFrame {
  readonly type: 'ok';
  readonly id: number;
}
export interface ErrorFrame {
  readonly type: 'error';
  readonly id?: number;
  readonly code: Code;
  readonly message: string;
}
/** A part of the roster at `seq`; `last` on the final part. At most `rosterPageMembersMax` members each. */
export interface RosterSnapshotFrame {
  readonly type: 'roster-snapshot';
  readonly sid: string;
  readonly seq: number;
  readonly profile: Profile;
  readonly count: number;
  readonly members: readonly RosterMember[];
  readonly last: boolean;
}
/** Changes `from`…`to`, dense. The first frame after a snapshot at seq n begins at n + 1 or earlier: skip what is not newer. */
export interface RosterChangesFrame {
  readonly type: 'roster-changes';
  readonly sid: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly changes: readonly RosterChange[];
}
/** Silence is told before it is judged: these members' connections went silent, or are back. No seq. */
export interface RosterInterruptedFrame {
  readonly type: 'roster-interrupted';
  readonly sid: string;
  readonly silent: readonly { readonly uid: number; readonly sinceMs: number }[];
  readonly back: readonly number[];
}
/** The numbers of members in a channel. */
export interface RosterCounts {
  /** Members: `hosts` and `audience`. */
  readonly count: number;
  readonly hosts: number;
  readonly audience: number;
  /** The number of members whose connection is silent. A state, as in `roster-interrupted`. */
  readonly interrupted: number;
}
/** The counts at `seq`: at first, and whenever they changed. */
export interface RosterCountFrame extends RosterCounts {
  readonly type: 'roster-count';
  readonly sid: string;
  readonly seq: number;
}
/** All of a window at `seq`: takes the place of whatever window was known. */
export interface RosterWindowFrame extends RosterCounts {
  readonly type: 'roster-window';
  readonly sid: string;
  readonly seq: number;
  /** Place of the first of `members`. */
  readonly from: number;
  readonly members: readonly RosterMember[];
}
/**
 * The changes that turn the window at `after` into the window at `seq`: take out `left`, put those of `changed` in the place of what was
 * known of them, append `entered`. Each is absent if it is empty. `after` equals `seq` where only links changed.
 */
export interface RosterWindowChangesFrame extends RosterCounts {
  readonly type: 'roster-window-changes';
  readonly sid: string;
  readonly after: number;
  readonly seq: number;
  /** uids: they left the channel, or moved to a place before the window. */
  readonly left?: readonly number[];
  readonly changed?: readonly RosterMember[];
  readonly entered?: readonly RosterMember[];
}
/** A broadcaster came (or an audience member became one). */
export interface HostJoinedFrame {
  readonly type: 'host-joined';
  readonly sid: string;
  readonly seq: number;
  /** Nobody is silent as they come. */
  readonly host: Omit<HostState, 'interrupted'>;
}
/** `became-audience` is a role change; the member is still in the channel. */
export interface HostLeftFrame {
  readonly type: 'host-left';
  readonly sid: string;
  readonly seq: number;
  readonly uid: number;
  readonly reason: 'quit' | 'timeout' | 'became-audience';
}
export interface HostStreamsFrame {
  readonly type: 'host-streams';
  readonly uid: number;
  readonly audio: boolean;
  readonly video: boolean;
}
/** The media engine was restarted: publish and subscribe again. Membership is untouched. */
export interface MediaRestartedFrame {
  readonly type: 'media-restarted';
}
/** 30 s before the join privilege ends. */
export interface TokenWillExpireFrame {
  readonly type: 'token-will-expire';
  readonly endsMs: number;
}
export type ServerFrame =
  | WelcomeFrame
  | ClosingFrame
  | PongFrame
  | OkFrame
  | ErrorFrame
  | RosterSnapshotFrame
  | RosterChangesFrame
  | RosterInterruptedFrame
  | RosterCountFrame
  | RosterWindowFrame
  | RosterWindowChangesFrame
  | HostJoinedFrame
  | HostLeftFrame
  | HostStreamsFrame
  | MediaRestartedFrame
  | TokenWillExpireFrame;

/** Members in one roster-snapshot frame, at most. Chosen: about 150 kB of JSON. */
export const rosterPageMembersMax = 1000;
/** Members in one roster window, at most. Chosen: one frame, and more than fits on any screen. */
export const rosterWindowMembersMax = 1000;
