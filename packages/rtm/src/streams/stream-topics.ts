import type { SignalingContent, SignalingTopicRequest, SignalingTopicResult } from '@housecount/protocol';
import { errorCodes } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import { askPatiently } from '../link/asking.ts';
import { type FailureCodes, isLost, isRefusal, requestError } from '../link/request-error.ts';
import type { RequestBody } from '../link/signaling-frames.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import { environment } from '../settings/environment.ts';

/** Topics to publish in (the API's figure). */
const topicsMax = 8;
/** Messages in one topic within a second, over which they are refused here (the API's figure). */
const messagesPerSecondMax = 200;

type TopicBody = SignalingTopicRequest extends infer R
  ? R extends { readonly channel: string }
    ? Omit<R, 'id' | 'channel'>
    : never
  : never;

/** The topics of one joined channel: where the app publishes and whose messages it gets, kept over every loss of the connection. */
export class StreamTopics {
  readonly #channel: string;
  readonly #link: SignalingLink;
  /** Changes when the channel is left: what began before has no say after. */
  #life: object = {};
  /** Meta by topic. */
  readonly #publishing = new Map<string, string>();
  /** Users by topic. */
  readonly #following = new Map<string, readonly string[]>();
  /** Topics with requests under way that may add users, each with how many. */
  readonly #asking = new Map<string, number>();
  /** Topics in which the server may let one publish, or follow others, other than wanted. */
  readonly #strayTopics = new Set<string>();
  readonly #strayFollows = new Set<string>();
  /** Unsubscribes under way: the answer to an earlier subscribe does not undo them. */
  readonly #endings = new Set<{ readonly topic: string; readonly users: readonly string[] | undefined }>();
  readonly #sent = new Map<string, number[]>();

  constructor(channel: string, link: SignalingLink) {
    this.#channel = channel;
    this.#link = link;
  }

  /** True when the app gets what a user publishes in a topic. */
  follows(topic: string, userId: string): boolean {
    if (this.#isEnding(topic, userId)) return false;
    return this.#asking.has(topic) || this.#following.get(topic)?.includes(userId) === true;
  }

  /** The channel is left. */
  clear(): void {
    this.#life = {};
    this.#publishing.clear();
    this.#following.clear();
    this.#asking.clear();
    this.#endings.clear();
    this.#strayTopics.clear();
    this.#strayFollows.clear();
    this.#sent.clear();
  }

  /** Begins to publish in a topic, or changes the meta. */
  async join(topic: string, meta: string): Promise<number> {
    const operation = 'joinTopic';
    if (!this.#publishing.has(topic) && this.#publishing.size >= topicsMax)
      throw rtmError(
        operation,
        'CHANNEL_EXCEED_TOPIC_LIMITATION',
        `No more than ${topicsMax} topics can be joined`,
      );
    const life = this.#life;
    try {
      const { serverMs } = await this.#ask({ type: 'join-topic', topic, meta });
      if (this.#life === life) {
        this.#publishing.set(topic, meta);
        this.#strayTopics.delete(topic);
      }
      return serverMs;
    } catch (error) {
      if (!isRefusal(error) && this.#life === life) this.#strayTopics.add(topic);
      throw requestError(operation, error, topicCodes);
    }
  }

  /** Ends to publish in a topic. Resolves with a time, or 0 if the server hears of it later. */
  async leave(topic: string): Promise<number> {
    const operation = 'leaveTopic';
    const life = this.#life;
    try {
      const { serverMs } = await this.#ask({ type: 'leave-topic', topic });
      if (this.#life === life) this.#dropTopic(topic);
      return serverMs;
    } catch (error) {
      if (this.#life === life) {
        if (!isRefusal(error)) this.#strayTopics.add(topic);
        if (!isRefusal(error) || error.end.code === errorCodes.CHANNEL_TOPIC_NOT_JOINED)
          this.#dropTopic(topic);
      }
      if (isLost(error)) return 0;
      throw requestError(operation, error, topicCodes);
    }
  }

  /** Publishes in a topic that was joined, what `encode` makes once that is known. */
  async publish(
    topic: string,
    customType: string,
    encode: () => SignalingContent | Promise<SignalingContent>,
  ): Promise<number> {
    const operation = 'publishTopicMessage';
    this.#needTopic(operation, topic);
    const encoded = encode();
    const content = encoded instanceof Promise ? await encoded : encoded;
    try {
      const body = {
        type: 'publish-topic',
        topic,
        content,
        ...(customType !== '' && { customType }),
      } as const;
      return (await this.#ask(body)).serverMs;
    } catch (error) {
      throw requestError(operation, error, {
        lost: 'CHANNEL_PUBLISH_MESSAGE_FAILED',
        timeout: 'CHANNEL_PUBLISH_MESSAGE_TIMEOUT',
      });
    }
  }

  /** Adds users to those whose messages one gets; none: any who publish. */
  async subscribe(
    topic: string,
    users: readonly string[] | undefined,
  ): Promise<SignalingTopicResult & { readonly serverMs: number }> {
    const operation = 'subscribeTopic';
    const life = this.#life;
    this.#asking.set(topic, (this.#asking.get(topic) ?? 0) + 1);
    try {
      const { serverMs, result } = await this.#ask({
        type: 'subscribe-topic',
        topic,
        ...(users && { users }),
      });
      if (!result || !('subscribed' in result))
        throw rtmError(operation, 'CHANNEL_SUBSCRIBE_FAILED', 'The server gave an answer to something else');
      if (this.#life === life) this.#setFollowing(topic, result.subscribed);
      return { ...result, serverMs };
    } catch (error) {
      if (!isRefusal(error) && this.#life === life) this.#strayFollows.add(topic);
      throw requestError(operation, error, {
        lost: 'CHANNEL_SUBSCRIBE_FAILED',
        timeout: 'CHANNEL_SUBSCRIBE_TIMEOUT',
      });
    } finally {
      if (this.#life === life) this.#asked(topic);
    }
  }

  /** Nothing of these users, or of anybody, is told in the topic from now on. Resolves with a time, or 0. */
  async unsubscribe(topic: string, users: readonly string[] | undefined): Promise<number> {
    const operation = 'unsubscribeTopic';
    const before = this.#needFollowing(operation, topic);
    const life = this.#life;
    const ending = { topic, users };
    this.#endings.add(ending);
    this.#setFollowing(topic, before);
    try {
      const { serverMs } = await this.#ask({ type: 'unsubscribe-topic', topic, ...(users && { users }) });
      return serverMs;
    } catch (error) {
      if (!isRefusal(error) && this.#life === life) this.#strayFollows.add(topic);
      if (isLost(error)) return 0;
      throw requestError(operation, error, {
        lost: 'CHANNEL_UNSUBSCRIBE_FAILED',
        timeout: 'CHANNEL_UNSUBSCRIBE_FAILED',
      });
    } finally {
      this.#endings.delete(ending);
    }
  }

  /** The users whose messages the app gets in a topic; throws −11013 if there are none. */
  subscribed(topic: string): readonly string[] {
    return this.#needFollowing('getSubscribedUserList', topic);
  }

  /** Brings the server's session to what is wanted of it. True if everything is as it was. One after the other, so that a session that has much does not ask for all at once. */
  async restore(resumed: boolean, goesOn: () => boolean): Promise<boolean> {
    const life = this.#life;
    let isWhole = true;
    const attempt = async (body: TopicBody, onRefusal: () => void): Promise<void> => {
      if (this.#life !== life || !goesOn()) return;
      try {
        await askPatiently(this.#link, { ...body, channel: this.#channel } as RequestBody);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (this.#life === life && goesOn()) onRefusal();
      }
    };
    const ignore = () => undefined;
    for (const topic of [...this.#strayTopics]) {
      const meta = this.#publishing.get(topic);
      if (meta === undefined) await attempt({ type: 'leave-topic', topic }, ignore);
      else if (resumed) await attempt({ type: 'join-topic', topic, meta }, ignore);
      this.#strayTopics.delete(topic);
    }
    for (const [topic, meta] of resumed ? [] : [...this.#publishing])
      await attempt({ type: 'join-topic', topic, meta }, () => {
        isWhole = false;
        this.#dropTopic(topic);
      });
    for (const topic of resumed ? [...this.#strayFollows] : [])
      await attempt({ type: 'unsubscribe-topic', topic }, ignore);
    for (const [topic, users] of [...this.#following])
      if (!resumed || this.#strayFollows.has(topic))
        await attempt({ type: 'subscribe-topic', topic, users, absent: true }, () => {
          isWhole = false;
          this.#following.delete(topic);
        });
    this.#strayFollows.clear();
    return isWhole;
  }

  #dropTopic(topic: string): void {
    this.#publishing.delete(topic);
    this.#sent.delete(topic);
  }

  #isEnding(topic: string, userId: string): boolean {
    for (const ending of this.#endings)
      if (ending.topic === topic && ending.users?.includes(userId) !== false) return true;
    return false;
  }

  #setFollowing(topic: string, all: readonly string[]): void {
    const users = all.filter((user) => !this.#isEnding(topic, user));
    if (users.length > 0) this.#following.set(topic, users);
    else this.#following.delete(topic);
  }

  #asked(topic: string): void {
    const left = (this.#asking.get(topic) ?? 1) - 1;
    if (left > 0) this.#asking.set(topic, left);
    else this.#asking.delete(topic);
  }

  #needTopic(operation: string, topic: string): void {
    if (!this.#publishing.has(topic))
      throw rtmError(operation, 'CHANNEL_TOPIC_NOT_JOINED', 'The topic is not joined');
  }

  #needFollowing(operation: string, topic: string): readonly string[] {
    const users = this.#following.get(topic);
    if (!users) throw rtmError(operation, 'CHANNEL_TOPIC_NOT_SUBSCRIBED', 'The topic is not subscribed');
    return users;
  }

  /** Counts a message, whether or not the topic is joined; throws −10021 over `messagesPerSecondMax`. */
  countMessage(operation: string, topic: string): void {
    const nowMs = environment.passedMs();
    // Names of topics that nothing is sent in any more are forgotten.
    if (!this.#sent.has(topic))
      for (const [name, times] of this.#sent)
        if (nowMs - (times.at(-1) ?? 0) >= 1000) this.#sent.delete(name);
    const recent = (this.#sent.get(topic) ?? []).filter((atMs) => nowMs - atMs < 1000);
    if (recent.length >= messagesPerSecondMax)
      throw rtmError(
        operation,
        'OPERATION_RATE_EXCEED_LIMITATION',
        `More than ${messagesPerSecondMax} messages in a topic within a second`,
      );
    recent.push(nowMs);
    this.#sent.set(topic, recent);
  }

  #ask(body: TopicBody) {
    return this.#link.request({ ...body, channel: this.#channel } as RequestBody);
  }
}

const topicCodes: FailureCodes = { lost: 'CHANNEL_JOIN_TOPIC_FAILED', timeout: 'CHANNEL_JOIN_TOPIC_FAILED' };
