import type { Role } from '../events.ts';
import type { RosterCounts, RosterViewRequest } from '../frames.ts';
import type { LeaveReason } from '../reasons.ts';
import type { SignalingChannelType, SignalingStates } from './signaling-channel.ts';

/**
 * Rosters of the signaling protocol: who is in a channel, by user, whatever links back them: each of them by name, part of
 * them, or how many (docs/signaling.md). Nobody need be in a channel to follow its roster.
 */

/** A client's request about a channel's roster. */
export type SignalingRosterRequest = RosterName &
  (
    | {
        readonly type: 'subscribe-roster';
        /** Absent: all of it. */
        readonly view?: RosterViewRequest;
        /** A whole roster goes on after this cursor, if the server still has the changes since. */
        readonly cursor?: SignalingRosterCursor;
      }
    | { readonly type: 'unsubscribe-roster'; readonly view?: RosterViewRequest }
  );

interface RosterName {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
}

/** Members in one window of a roster, at most. Chosen: with the longest states they fit one frame. */
export const signalingWindowMembersMax = 100;

/** The changes that a reader knows: those of this stream up to this seq. */
export interface SignalingRosterCursor {
  readonly stream: string;
  readonly after: number;
}

/** One change of a channel, as it is numbered everywhere: on the native stream, in notices, over REST. */
export interface RosterSeq {
  readonly sid: string;
  readonly seq: number;
}

/** The positions of the rosters of which a signaling channel's is made; each is absent while nobody is in it. */
export interface RosterPoint {
  /** The position of the roster of the bound live channel. */
  readonly live?: RosterSeq;
  /** The position of the roster of the subscribers. */
  readonly signaling?: RosterSeq;
}

/** Somebody in a signaling channel. */
export interface SignalingRosterMember {
  readonly userId: string;
  /** The states as presence shows them. */
  readonly states: SignalingStates;
  /** Present while the user is in the live channel. Times are epoch milliseconds. */
  readonly live?: { readonly uid: number; readonly role: Role; readonly joinedMs: number };
  /** Present while the user subscribes. */
  readonly signaling?: { readonly joinedMs: number };
  /** The time since which nothing is heard of the user by any link, epoch milliseconds; absent otherwise. A state, not an event. */
  readonly interruptedSinceMs?: number;
}

/** One change. `event` is its cause: absent for states, and for links that went silent or are heard again. */
export type SignalingRosterChange = {
  /** Dense in a stream: 1, 2, 3 … */
  readonly seq: number;
  readonly atMs: number;
  readonly event?: RosterSeq & { readonly roster: keyof RosterPoint };
} & (
  | { readonly type: 'joined' | 'changed'; readonly member: SignalingRosterMember }
  | { readonly type: 'left'; readonly userId: string; readonly reason: LeaveReason }
);

interface StreamFrame extends RosterName {
  /** The stream that `seq` counts in; another one after a restart of the server. */
  readonly stream: string;
  /** Changes of the stream up to here are in it. */
  readonly seq: number;
}
interface RosterFrame extends StreamFrame {
  readonly at: RosterPoint;
}

/** A part of all of a roster; `last` on the final part. At most `rosterPageMembersMax` members each. */
export interface SignalingRosterSnapshot extends RosterFrame {
  readonly type: 'roster-snapshot';
  readonly count: number;
  readonly members: readonly SignalingRosterMember[];
  readonly last: boolean;
}
/** Changes `from` … `seq`, dense. Skip those that are not newer than what is known. */
export interface SignalingRosterChanges extends StreamFrame {
  readonly type: 'roster-changes';
  readonly from: number;
  /** The point that the roster is true at after these changes; absent where more changes follow that belong to it. */
  readonly at?: RosterPoint;
  readonly count?: number;
  readonly changes: readonly SignalingRosterChange[];
}
/** The numbers: `hosts` and `audience` are in the live channel; the rest of `count` subscribe alone. */
export interface SignalingRosterCount extends RosterFrame, RosterCounts {
  readonly type: 'roster-count';
}
/** All of a window: takes the place of whatever was known of it. */
export interface SignalingRosterWindow extends RosterFrame, RosterCounts {
  readonly type: 'roster-window';
  readonly view: { readonly from: number; readonly count: number };
  readonly members: readonly SignalingRosterMember[];
}
/** The delta from the window at `after` to the window at `seq`: take out `left`, replace `changed`, append `entered`. Each is absent if it is empty. */
export interface SignalingRosterWindowChanges extends RosterFrame, RosterCounts {
  readonly type: 'roster-window-changes';
  readonly view: { readonly from: number; readonly count: number };
  readonly after: number;
  /** User ids: they left the channel, or moved to a place before the window. */
  readonly left?: readonly string[];
  readonly changed?: readonly SignalingRosterMember[];
  readonly entered?: readonly SignalingRosterMember[];
}
/** The server has ended all that the session follows of this roster. */
export interface SignalingRosterEnded extends RosterName {
  readonly type: 'roster-ended';
  /** A code of codes.ts: `token_no_privilege`. */
  readonly code: string;
  readonly message: string;
}

export type SignalingRosterFrame =
  | SignalingRosterSnapshot
  | SignalingRosterChanges
  | SignalingRosterCount
  | SignalingRosterWindow
  | SignalingRosterWindowChanges
  | SignalingRosterEnded;
