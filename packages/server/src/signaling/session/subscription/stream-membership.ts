import type { Socket } from '../../../net/socket/socket.ts';
import { steadyRate, TokenBucket } from '../../../net/token-bucket.ts';
import type { TopicEvents } from '../../messages/topic-events.ts';
import type { Audiences } from '../../names/audiences.ts';
import { topicMessagesBusTopic } from '../../names/bus-topics.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { follow } from '../../names/follow.ts';
import type { AppSignalingLimits } from '../../signaling-limits.ts';
import type { Telling } from './telling.ts';

export type StreamLimits = Pick<AppSignalingLimits, 'memberTopicsMax' | 'signalingTopicMessagesPerSecondMax'>;

export interface StreamNeeds {
  readonly audiences: Audiences;
  readonly topicEvents: Pick<TopicEvents, 'watch'>;
}

/** The part of one session in a stream channel besides its subscription: the publishers whose messages it gets, and the end of its token. */
export class StreamMembership {
  readonly key: ChannelKey;
  readonly #needs: StreamNeeds;
  readonly #limits: StreamLimits;
  /** The end of each subscription to a publisher's messages, where there is a socket, by topic and publisher, in order of asking. */
  readonly #follows = new Map<string, Map<string, () => void>>();
  readonly #budgets = new Map<string, TokenBucket>();
  #isEntered = false;
  #socket: Socket | undefined;
  #stopEvents = nothing;
  #tokenEndsMs: number | undefined;
  #warned = false;

  constructor(key: ChannelKey, needs: StreamNeeds, limits: StreamLimits) {
    this.key = key;
    this.#limits = limits;
    this.#needs = needs;
  }

  get tokenEndsMs(): number | undefined {
    return this.#tokenEndsMs;
  }

  /** Its token ends then, epoch milliseconds; undefined: never. */
  renewed(tokenEndsMs: number | undefined): void {
    this.#tokenEndsMs = tokenEndsMs;
    this.#warned = false;
  }

  /** True once for each token, when it ends by `byMs`, epoch milliseconds. */
  shallWarn(byMs: number): boolean {
    if (this.#warned || this.#tokenEndsMs === undefined || this.#tokenEndsMs > byMs) return false;
    this.#warned = true;
    return true;
  }

  /** It asked for the channel: one that is made of what the log says after a restart is told nothing before. */
  entered(): void {
    this.#isEntered = true;
  }

  /** The socket gets the messages, and is told who publishes what when it is its turn. */
  start(socket: Socket, telling: Telling): void {
    this.stop();
    if (!this.#isEntered) return;
    this.#socket = socket;
    this.#stopEvents = telling.begin((told) => {
      const stop = this.#needs.topicEvents.watch(this.key, socket);
      told();
      return stop;
    });
    for (const [topic, users] of this.#follows)
      for (const user of users.keys()) users.set(user, this.#follow(socket, topic, user));
  }

  /** Nothing of the channel's topics is told any more; what is subscribed stays so. */
  stop(): void {
    this.#stopEvents();
    this.#stopEvents = nothing;
    this.#socket = undefined;
    for (const users of this.#follows.values())
      for (const [user, stop] of users) {
        stop();
        users.set(user, nothing);
      }
  }

  /** Takes one message in a topic; false if there were too many. */
  takeMessage(topic: string, steadyMs: number): boolean {
    let budget = this.#budgets.get(topic);
    if (!budget) {
      // Those of topics that were left long ago are full again, and so like new ones.
      if (this.#budgets.size >= 2 * this.#limits.memberTopicsMax)
        this.#budgets.delete(this.#budgets.keys().next().value ?? '');
      budget = new TokenBucket(steadyRate(this.#limits.signalingTopicMessagesPerSecondMax), steadyMs);
      this.#budgets.set(topic, budget);
    }
    return budget.take(steadyMs);
  }

  /** Topics of which it gets anybody's messages. */
  get topics(): number {
    return this.#follows.size;
  }

  /** Publishers whose messages it gets, each counted by topic. */
  get publishers(): number {
    let count = 0;
    for (const users of this.#follows.values()) count += users.size;
    return count;
  }

  /** The publishers whose messages it gets in a topic, in order of asking. */
  subscribed(topic: string): readonly string[] {
    return [...(this.#follows.get(topic)?.keys() ?? [])];
  }

  subscribe(topic: string, userId: string): void {
    this.unsubscribe(topic, userId);
    const users = this.#follows.get(topic) ?? new Map<string, () => void>();
    this.#follows.set(topic, users);
    users.set(userId, this.#socket ? this.#follow(this.#socket, topic, userId) : nothing);
  }

  unsubscribe(topic: string, userId: string): void {
    const users = this.#follows.get(topic);
    users?.get(userId)?.();
    users?.delete(userId);
    if (users?.size === 0) this.#follows.delete(topic);
  }

  #follow(socket: Socket, topic: string, userId: string): () => void {
    return follow(this.#needs.audiences, socket, topicMessagesBusTopic(this.key, topic, userId));
  }
}

const nothing = (): void => {};
