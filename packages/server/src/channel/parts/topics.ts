import { Trie } from '../membership/trie.ts';

/** The publishers of a stream channel, by topic. Publishing is part of a membership, and gone with it. */
export interface Publishers {
  readonly byUid: Trie<PublisherOf>;
  /** Pairs of a member and a topic. */
  readonly count: number;
}

export interface PublisherOf {
  readonly uid: number;
  /** The meta that they publish under, by topic; never empty. */
  readonly topics: Topics;
}

export type Topics = Readonly<Record<string, string>>;

export const noPublishers: Publishers = { byUid: Trie.empty<PublisherOf>(), count: 0 };

/** A session begins to publish in a topic, changes its meta, or ends publishing. */
export type TopicCommand =
  | {
      readonly type: 'join-topic';
      readonly connectionId: string;
      readonly topic: string;
      readonly meta: string;
    }
  | { readonly type: 'leave-topic'; readonly connectionId: string; readonly topic: string };

/** Somebody publishes in these topics from now on, and in no others. */
export interface TopicsSet {
  readonly type: 'topics-set';
  readonly atMs: number;
  readonly uid: number;
  readonly topics: Topics;
}

export interface TopicLimits {
  /** Topics in which one member publishes; the next is refused with `topics_full`. */
  readonly topicsMax: number;
  /** Pairs of a member and a topic in one channel; the next is refused with `publishers_full`. */
  readonly publishersMax: number;
}

export type TopicRefusal = 'topics_full' | 'publishers_full' | 'topic_not_joined';

/** Decides what a member asks of topics; undefined: nothing changes. */
export function changeTopics(
  { byUid, count }: Publishers,
  uid: number,
  command: TopicCommand,
  nowMs: number,
  { topicsMax, publishersMax }: TopicLimits,
): TopicsSet | TopicRefusal | undefined {
  const before = byUid.get(uid)?.topics ?? {};
  const { topic } = command;
  const isThere = Object.hasOwn(before, topic);
  const others = Object.entries(before).filter(([name]) => name !== topic);
  if (command.type === 'leave-topic') {
    if (!isThere) return 'topic_not_joined';
    return { type: 'topics-set', atMs: nowMs, uid, topics: Object.fromEntries(others) };
  }
  const { meta } = command;
  if (isThere && before[topic] === meta) return undefined;
  if (!isThere && others.length >= topicsMax) return 'topics_full';
  if (!isThere && count >= publishersMax) return 'publishers_full';
  // Built from entries, not by assignment: a client may call a topic `__proto__`.
  return { type: 'topics-set', atMs: nowMs, uid, topics: Object.fromEntries([...others, [topic, meta]]) };
}

/** The publishers after a change. */
export function withTopics(
  { byUid, count }: Publishers,
  { uid, topics }: Pick<TopicsSet, 'uid' | 'topics'>,
): Publishers {
  const before = Object.keys(byUid.get(uid)?.topics ?? {}).length;
  const after = Object.keys(topics).length;
  return {
    byUid: after === 0 ? byUid.without(uid) : byUid.with(uid, { uid, topics }),
    count: count - before + after,
  };
}
