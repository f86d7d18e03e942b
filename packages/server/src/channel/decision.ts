import type { ChannelEvent, Evidence, MemberJoined, MemberLeft } from '@housecount/protocol';
import type { ChannelRefusal } from './command.ts';
import type { PublishRights } from './membership/rights.ts';
import type { LockChange } from './parts/locks.ts';
import type { MetadataChanged } from './parts/metadata.ts';
import type { StatesSet } from './parts/states.ts';
import type { TopicsSet } from './parts/topics.ts';

/**
 * A change of a channel's bookkeeping that nobody is told about as an event: it has no seq and makes no notice. It is
 * logged all the same, because a crash must not forget when a member was last heard.
 */
export type ChannelMark =
  | {
      readonly type: 'link-silent';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      readonly connectionId: string;
      readonly lastHeardMs: number;
      readonly evidence: Evidence;
      readonly leaseEndsMs: number;
    }
  | {
      readonly type: 'link-live';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      /** The connection that backs the member from now on (another one if a WHIP or WHEP client came back by a new POST). */
      readonly connectionId: string;
      /** The attachment that is live: another one after a resume. Absent in logs of before. */
      readonly attachment?: number;
      /** The client's attempt that was taken, if it counts them. */
      readonly attempt?: number;
      /** The number of the node's incarnation that it is attached to from now on; absent if that stays, and in logs of before. */
      readonly on?: number;
      /** Nobody was told that the link was silent: only the attachment is another. */
      readonly unbroken?: true;
    }
  | {
      readonly type: 'token-renewed';
      readonly app: string;
      readonly channel: string;
      readonly atMs: number;
      readonly uid: number;
      readonly tokenEndsMs?: number;
      readonly publish?: PublishRights;
    }
  | PersonKnown
  | StreamsSet;

/** It is known from now on who the member is over signaling: no longer awaited, and linked to `userId` if that is there. */
export interface PersonKnown {
  readonly type: 'person-known';
  readonly app: string;
  readonly channel: string;
  readonly atMs: number;
  readonly uid: number;
  readonly userId?: string;
  /** Its page proved it, which no token that comes later overrules. */
  readonly byPage?: true;
}

/**
 * A broadcaster sends other streams from now on, over the connection that backs it. So it is until the next one, or until the member leaves,
 * becomes audience, or is backed by another connection; and nobody sends anything when the server starts again.
 */
export interface StreamsSet {
  readonly type: 'streams-set';
  readonly app: string;
  readonly channel: string;
  readonly atMs: number;
  readonly uid: number;
  readonly audio: boolean;
  readonly video: boolean;
}

/** Somebody is quiet from now on, or no longer: nobody is told of who is quiet, and no list has them. */
interface QuietSet {
  readonly type: 'quiet-set';
  readonly atMs: number;
  readonly uid: number;
  readonly quiet: boolean;
}

/** A join as it is recorded; what it has beside the event is of sessions, in their users' own channels, of which nobody is told. */
export interface JoinRecord extends MemberJoined {
  /** The session, no more there, that the client came back for. */
  readonly insteadOf?: string;
  /** The client's attempt that was taken. Absent in logs of before. */
  readonly attempt?: number;
}

/** A leave as it is recorded. */
export interface LeaveRecord extends MemberLeft {
  /** The session that its client had come back for, and may come back for again; only there where others ended the one that leaves. */
  readonly insteadOf?: string;
}

/** A change of the members of a channel. */
export type MembershipChange =
  | Exclude<ChannelEvent, MemberJoined | MemberLeft>
  | JoinRecord
  | LeaveRecord
  | ChannelMark;

/** A change of a channel: what is decided, recorded, and folded in by `evolve`. */
export type ChannelChange =
  | MembershipChange
  | QuietSet
  | StatesSet
  | TopicsSet
  | MetadataChanged
  | LockChange;

/** The outcome of apply: changes to log, in order, as one transaction (possibly none), or a refusal. */
export type Decision = { readonly changes: readonly ChannelChange[] } | ChannelRefusal;

/** True for the types of events, which have a seq and are reported; marks and changes of the other parts of a channel are not events. */
const isEventOf: Readonly<Record<ChannelChange['type'], boolean>> = {
  'channel-opened': true,
  'channel-closed': true,
  'member-joined': true,
  'member-left': true,
  'role-changed': true,
  'link-silent': false,
  'link-live': false,
  'token-renewed': false,
  'person-known': false,
  'streams-set': false,
  'quiet-set': false,
  'states-set': false,
  'topics-set': false,
  'metadata-changed': false,
  'lock-changed': false,
  'lock-holder-changed': false,
};

export const isEvent = (change: ChannelChange): change is ChannelEvent => isEventOf[change.type];

export const isMark = (change: ChannelChange): change is ChannelMark =>
  change.type === 'link-silent' ||
  change.type === 'link-live' ||
  change.type === 'token-renewed' ||
  change.type === 'person-known' ||
  change.type === 'streams-set';

/** A mark of the connection behind a member: it went silent, or is heard again. */
export type LinkMark = Extract<ChannelMark, { readonly type: 'link-silent' | 'link-live' }>;

export const isLinkMark = (change: ChannelChange): change is LinkMark =>
  change.type === 'link-silent' || change.type === 'link-live';
