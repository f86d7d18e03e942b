import type { Profile } from '@housecount/protocol';
import type { Roster } from './membership/roster.ts';
import { Trie } from './membership/trie.ts';
import { type Locks, noLocks } from './parts/locks.ts';
import { type Metadata, noMetadata } from './parts/metadata.ts';
import type { StatesOf } from './parts/states.ts';
import type { Publishers } from './parts/topics.ts';

/**
 * The kinds of channels. `live`: of video, reported to webhooks; `message` and `stream`: of signaling, for those who subscribe;
 * `user`: a user's own, with their metadata, and their session as its member while they are logged in. The parts that a kind may have are in policy.ts.
 */
export type ChannelKind = 'live' | 'message' | 'stream' | 'user';

/** The kinds that users subscribe to, over signaling. */
export const subscribedKinds = ['message', 'stream'] as const satisfies readonly ChannelKind[];
export type SubscribedKind = (typeof subscribedKinds)[number];
/** The kinds that different people meet in. */
export const peopledKinds = ['live', ...subscribedKinds] as const;

/** Names a channel: of an app there is one of each kind and name. */
export interface ChannelKey<Kind extends ChannelKind = ChannelKind> {
  readonly app: string;
  readonly kind: Kind;
  readonly name: string;
}

declare const made: unique symbol;
/** The id that stands for a key where a text is needed, as a topic or in a map. Made by `idOf` alone, and never taken apart. */
export type ChannelId = string & { readonly [made]: true };

/** Two keys have the same id if they name the same channel. */
export const idOf = ({ app, kind, name }: ChannelKey): ChannelId => `${app}/${kind}/${name}` as ChannelId;

/** Does it name a channel that users subscribe to? */
export const isSubscribable = (key: ChannelKey): key is ChannelKey<SubscribedKind> =>
  (subscribedKinds as readonly ChannelKind[]).includes(key.kind);

export const liveKey = (app: string, name: string): ChannelKey<'live'> => ({ app, kind: 'live', name });

/** The parts of a channel that exist whether or not anybody is in it. */
interface Known {
  readonly key: ChannelKey;
  /** Time of the last record, epoch milliseconds, 0 if there was none; no command may be decided at an earlier time. */
  readonly lastAtMs: number;
  /** The last clientSeq of uids that left, kept only while it is not yet in the past, so that it grows over the lives of a channel. */
  readonly departed: Trie<number>;
  /** Metadata and locks are kept for good, whoever is there. */
  readonly metadata: Metadata;
  readonly locks: Locks;
}

/** A channel that is open: has a sid and at least one member. */
export interface OpenChannel extends Known {
  readonly sid: string;
  readonly seq: number;
  readonly profile: Profile;
  readonly openedMs: number;
  readonly roster: Roster;
  /** Temporary states by uid, of members only. */
  readonly states: Trie<StatesOf>;
  readonly publishers: Publishers;
  /** Approximate memory that the states, and what publishers say of themselves, take, bytes. */
  readonly textBytes: number;
}

/** A channel with nobody in it. */
export interface ClosedChannel extends Known {
  readonly sid: undefined;
}

/** The one aggregate of every kind: who is in it, their states and topics, its metadata and locks. Immutable. */
export type Channel = OpenChannel | ClosedChannel;

export const noneDeparted = Trie.empty<number>((clientSeq) => clientSeq);

/** A channel that nobody has used yet. */
export const emptyChannel = (key: ChannelKey): ClosedChannel => ({
  key,
  sid: undefined,
  lastAtMs: 0,
  departed: noneDeparted,
  metadata: noMetadata,
  locks: noLocks,
});

/** True when the channel has anything that is kept for good: metadata or locks. */
export const hasKept = ({ metadata, locks }: Channel): boolean =>
  Object.keys(metadata.items).length > 0 || Object.keys(locks).length > 0;

/** True when there is nothing to remember of the channel, but what is in the past. Revisions go on from the clock. */
export const isForgettable = (channel: Channel): boolean =>
  channel.sid === undefined && !hasKept(channel) && channel.metadata.majorRevision <= channel.lastAtMs;

/** Does it count as one of an app's channels, as long as it is remembered? Of a user's own only what is kept does, not that they are logged in. */
export const isCounted = (channel: Channel): boolean => channel.key.kind !== 'user' || hasKept(channel);

/** True when there is anybody in the channel, or a lock that somebody holds: anything that a restart has to give time to. */
export const hasAnybody = ({ sid, locks }: Channel): boolean =>
  sid !== undefined || Object.values(locks).some(({ owner }) => owner !== undefined);

/** Do two keys name the same channel? */
export const isSame = (one: ChannelKey, other: ChannelKey): boolean =>
  one.name === other.name && one.kind === other.kind && one.app === other.app;
