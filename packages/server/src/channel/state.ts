import type { ConnectionKind, Evidence, Profile, Role } from '@housecount/protocol';
import type { PublishRights } from './membership/rights.ts';
import type { Roster } from './membership/roster.ts';
import { Trie } from './membership/trie.ts';

/** How the connection behind a member stands. A union of shapes, so that a live one cannot carry a lease's end. */
export type Link =
  | { readonly state: 'live' }
  /** Silent: the member leaves at `leaseEndsMs` unless heard before. */
  | {
      readonly state: 'silent';
      readonly lastHeardMs: number;
      readonly noticedMs: number;
      readonly evidence: Evidence;
      readonly leaseEndsMs: number;
    };

export interface Member {
  readonly uid: number;
  readonly account?: string;
  readonly role: Role;
  readonly platform: number;
  readonly clientType?: number;
  readonly connectionId: string;
  readonly connectionKind: ConnectionKind;
  readonly joinedMs: number;
  /** seq of the join: orders members by arrival and pages the roster. */
  readonly joinedSeq: number;
  readonly clientSeq: number;
  readonly tokenEndsMs?: number;
  /** What the token allows to publish, where the app asks; a member that has none there may send nothing. */
  readonly publish?: PublishRights;
  readonly leaseMs: number;
  readonly link: Link;
  /** Of signaling: nobody is told of it. */
  readonly quiet?: true;
}

/** A channel that is open: has a sid and at least one member. */
export interface OpenChannel {
  readonly app: string;
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly profile: Profile;
  readonly openedMs: number;
  /** Time of the last record, epoch milliseconds; no command may be decided at an earlier time. */
  readonly lastAtMs: number;
  readonly roster: Roster;
  readonly hosts: number;
  /** Of uids that left: their clientSeq, kept only while it is not yet in the past. */
  readonly departed: Trie<number>;
}

/** A channel with nobody in it. */
export interface ClosedChannel {
  readonly app: string;
  readonly channel: string;
  readonly sid: undefined;
  /** Time of the last record, epoch milliseconds; 0 if there was none. */
  readonly lastAtMs: number;
  /** As above, so that clientSeq grows over the lives of a channel. */
  readonly departed: Trie<number>;
}

export type ChannelState = OpenChannel | ClosedChannel;

const noneDeparted = Trie.empty<number>((clientSeq) => clientSeq);

/** A channel that nobody has joined yet. */
export function closedChannel(app: string, channel: string): ClosedChannel {
  return { app, channel, sid: undefined, lastAtMs: 0, departed: noneDeparted };
}
