import type { SignalingTopic, SignalingTopicEvent } from '@housecount/protocol';
import { type Channel, idOf } from '../../channel/channel.ts';
import { evolve } from '../../channel/evolve.ts';
import { userIdOf } from '../../channel/membership/member.ts';
import type { Topics } from '../../channel/parts/topics.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { LogEntry } from '../../log/record/record.ts';
import type { Broadcast, Socket } from '../../net/socket/socket.ts';
import type { Audiences } from '../names/audiences.ts';
import { publishersBusTopic } from '../names/bus-topics.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { follow } from '../names/follow.ts';

interface Options {
  readonly log: Pick<Channels, 'known'> & Pick<Feed, 'lastPosition'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly broadcast: Broadcast;
  readonly audiences: Audiences;
}

/** A stream channel that somebody watches, as of `position`. */
interface Kept {
  readonly key: ChannelKey;
  state: Channel;
  position: number;
  watchers: number;
  /** Its topics, encoded once for all who come before the next change. */
  snapshot: string | undefined;
}

/**
 * Tells who begins and ends to publish in the topics of stream channels: everybody in the channel alike, the publisher too,
 * in the order of the log. Whoever folds it from the snapshot on knows who publishes.
 */
export class TopicEvents {
  readonly #options: Options;
  readonly #kept = new Map<string, Kept>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Channels that are kept in memory. */
  get size(): number {
    return this.#kept.size;
  }

  /** Tells the socket who publishes, then what changes. Returns the end of it, to be called once. */
  watch(key: ChannelKey, socket: Socket): () => void {
    const name = idOf(key);
    const { log, clock, audiences } = this.#options;
    const kept = this.#kept.get(name) ?? {
      key,
      state: log.known(key),
      position: log.lastPosition,
      watchers: 0,
      snapshot: undefined,
    };
    this.#kept.set(name, kept);
    kept.watchers += 1;
    const stop = follow(audiences, socket, publishersBusTopic(key));
    kept.snapshot ??= JSON.stringify(topicsOf(kept.state));
    const empty = textOf(key, { type: 'SNAPSHOT', topics: [] }, clock.nowMs());
    // A channel's name has no quotation marks, so what is found is the event's own.
    socket.send(empty.replace('"topics":[]', () => `"topics":${kept.snapshot}`));
    return () => {
      stop();
      kept.watchers -= 1;
      if (kept.watchers === 0) this.#kept.delete(name);
    };
  }

  absorb({ position, record }: LogEntry): void {
    if (record.type !== 'channel' || record.key.kind !== 'stream') return;
    const kept = this.#kept.get(idOf(record.key));
    if (!kept || position <= kept.position) return;
    const { state } = kept;
    const { change } = record;
    kept.state = evolve(state, change);
    kept.position = position;
    if (change.type !== 'topics-set' && change.type !== 'member-left') return;
    if (state.sid === undefined) return;
    const member = state.roster.get(change.uid);
    if (!member) return;
    const before = state.publishers.byUid.get(change.uid)?.topics ?? {};
    const after = change.type === 'topics-set' ? change.topics : {};
    kept.snapshot = undefined;
    const userId = userIdOf(member);
    this.#tell(
      kept.key,
      'REMOTE_LEAVE',
      userId,
      those(before, (topic) => !Object.hasOwn(after, topic)),
    );
    this.#tell(
      kept.key,
      'REMOTE_JOIN',
      userId,
      those(after, (topic) => !Object.hasOwn(before, topic) || before[topic] !== after[topic]),
    );
  }

  #tell(key: ChannelKey, type: 'REMOTE_JOIN' | 'REMOTE_LEAVE', userId: string, topics: Topics): void {
    const { broadcast, clock } = this.#options;
    const told = Object.entries(topics).map(([topic, meta]) => ({ topic, publishers: [{ userId, meta }] }));
    if (told.length > 0)
      broadcast.publish(publishersBusTopic(key), textOf(key, { type, userId, topics: told }, clock.nowMs()));
  }
}

const those = (topics: Topics, are: (topic: string) => boolean): Topics =>
  Object.fromEntries(Object.entries(topics).filter(([topic]) => are(topic)));

function topicsOf(state: Channel): readonly SignalingTopic[] {
  if (state.sid === undefined) return [];
  const byTopic = new Map<string, { userId: string; meta: string }[]>();
  for (const { uid, topics } of state.publishers.byUid.values()) {
    const member = state.roster.get(uid);
    if (!member) continue;
    for (const [topic, meta] of Object.entries(topics)) {
      const of = byTopic.get(topic) ?? [];
      of.push({ userId: userIdOf(member), meta });
      byTopic.set(topic, of);
    }
  }
  return Array.from(byTopic, ([topic, users]) => ({ topic, publishers: users }));
}

const textOf = ({ name }: ChannelKey, event: SignalingTopicEvent['event'], serverMs: number): string =>
  JSON.stringify({ type: 'topic', channel: name, event, serverMs } satisfies SignalingTopicEvent);
