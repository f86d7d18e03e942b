import type { SignalingChannelType, SignalingStates } from '@housecount/protocol';
import type { ChannelCommand } from './command.ts';
import type { ChannelRecord } from './decision.ts';
import type { LockChange, LockCommand, Locks } from './locks.ts';
import type { Trie } from './membership/trie.ts';
import type { Metadata, MetadataChanged, MetadataCommand } from './metadata.ts';
import type { ChannelState } from './state.ts';
import type { Publishers, TopicCommand, TopicsSet } from './topics.ts';

/** What a signaling channel can be; `USER` is not one that anybody subscribes to: it holds a user's own metadata. */
export type SignalingKind = SignalingChannelType | 'USER';

/**
 * A signaling channel: the machine of a live channel once more, for those who subscribe (their connection is their
 * session), and what signaling adds to it. It has a sid and seqs of its own; a live channel of the same name keeps its.
 */
export interface SignalingState {
  readonly app: string;
  readonly channelType: SignalingKind;
  readonly channel: string;
  /** Who subscribes. `connectionKind` is `signaling`, `connectionId` the session's id. */
  readonly presence: ChannelState;
  /** Temporary states by uid, of subscribers only. */
  readonly states: Trie<StatesOf>;
  /** Of a stream channel. */
  readonly publishers: Publishers;
  /** About what the states, and what publishers say of themselves, take in memory, bytes. */
  readonly textBytes: number;
  /** What is kept for good, whoever subscribes. */
  readonly metadata: Metadata;
  readonly locks: Locks;
}

export interface StatesOf {
  readonly uid: number;
  readonly states: SignalingStates;
}

/** Somebody's temporary state is this from now on; empty: none. */
export interface StatesSet {
  readonly type: 'states-set';
  readonly atMs: number;
  readonly uid: number;
  readonly states: SignalingStates;
}

/** Somebody who subscribes is quiet from now on, or no longer: nobody is told of who is quiet, and no list has them. */
export interface QuietSet {
  readonly type: 'quiet-set';
  readonly atMs: number;
  readonly uid: number;
  readonly quiet: boolean;
}

/** What signaling adds to a channel's records. */
export type SignalingChange = StatesSet | QuietSet | TopicsSet | MetadataChanged | LockChange;

/** A change of a signaling channel as the log holds it; readers of live channels pass it by. */
export interface SignalingRecord {
  readonly type: 'signaling';
  readonly app: string;
  readonly channelType: SignalingKind;
  readonly channel: string;
  readonly atMs: number;
  readonly change: ChannelRecord | SignalingChange;
}

export type SignalingCommand =
  | ChannelCommand
  | MetadataCommand
  | LockCommand
  | TopicCommand
  /** Of who has this session: merges `set` in, takes `remove` out; `remove: 'all'` comes first. */
  | {
      readonly type: 'change-states';
      readonly connectionId: string;
      readonly set: SignalingStates;
      readonly remove: readonly string[] | 'all';
    };
