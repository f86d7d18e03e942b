import { checkCustomType, checkOptions, checkToken, checkTopicName } from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import type { BaseResponse, RenewTokenResponse } from '../events/responses.ts';
import { bytesOf } from '../messages/content.ts';
import type { Session } from '../session/session.ts';
import type { Stream } from '../streams/stream.ts';
import { SubscribeTopicErrorCode } from './stream-status.ts';

export interface StreamChannelOperationResponse extends BaseResponse {
  topicName: string;
}
export interface JoinChannelResponse extends BaseResponse {}
export interface LeaveChannelResponse extends JoinChannelResponse {}
export interface JoinTopicResponse extends StreamChannelOperationResponse {}
export interface LeaveTopicResponse extends JoinTopicResponse {}
export interface PublishTopicMessageResponse extends StreamChannelOperationResponse {}
export interface SubscribedFailedReason extends StreamChannelOperationResponse {
  user: string;
  errorCode?: SubscribeTopicErrorCode;
  reason?: string;
}
export interface SubscribeTopicResponse extends StreamChannelOperationResponse {
  succeedUsers: string[];
  failedUsers: string[];
  failedDetails: SubscribedFailedReason[];
}
export interface UnsubscribeTopicResponse extends BaseResponse {}
export interface GetSubscribedUserListResponse extends StreamChannelOperationResponse {
  subscribed: string[];
}
export interface JoinOptions {
  token?: string;
  withPresence?: boolean;
  beQuiet?: boolean;
  withMetadata?: boolean;
  withLock?: boolean;
}
export interface joinTopicOptions {
  // biome-ignore lint/suspicious/noExplicitAny: as the API has it.
  meta?: any;
}
export interface PublishTopicMessageOptions {
  customType?: string;
}
export interface SubscribeTopicOptions {
  users?: string[];
}
export interface UnsubscribeTopicOptions {
  users?: string[];
}

/** Bytes of a topic's message, of a publisher's meta, and users named at once (the API's figures). */
const messageBytesMax = 1024;
const metaBytesMax = 256;
const usersMax = 64;

/** A channel of topics: who is in it publishes in some, and gets what those publish whom it chose. */
export class RTMStreamChannel {
  readonly #session: Session;
  readonly #channel: string;

  /** @internal */
  constructor(session: Session, channel: string) {
    this.#session = session;
    this.#channel = channel;
  }

  /** Enters the channel; again: changes what one gets of it. A join that is pending rejects −11034. */
  async join(options: JoinOptions = {}): Promise<JoinChannelResponse> {
    const operation = 'join';
    this.#session.needConnection(operation);
    const given = options ?? {};
    checkOptions(operation, given, 'INVALID_PARAMETER');
    const token: unknown = given.token ?? '';
    if (typeof token !== 'string') throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string');
    const wanted = {
      withPresence: given.withPresence !== false,
      withMetadata: given.withMetadata === true,
      withLock: given.withLock === true,
      beQuiet: given.beQuiet === true,
    };
    // The API's own stand-in for "no token" is the app id.
    const none = token === '' || token === this.#session.settings.app;
    return { timestamp: await this.#stream.join(wanted, none ? undefined : token) };
  }

  /** Leaves the channel and everything in it; without a connection the server hears of it later. */
  async leave(): Promise<LeaveChannelResponse> {
    const operation = 'leave';
    if (!this.#session.link.alive) this.#session.needConnection(operation);
    return { timestamp: await this.#stream.leave() };
  }

  /** Begins to publish in a topic; again: with another meta. A meta that is no text goes as JSON. */
  async joinTopic(topicName: string, options: joinTopicOptions = {}): Promise<JoinTopicResponse> {
    const operation = 'joinTopic';
    this.#session.limit(operation);
    const { topics } = this.#in(operation, topicName);
    const meta = metaOf(operation, options?.meta);
    return { timestamp: await topics.join(topicName, meta), topicName };
  }

  /** Sends to those who subscribed to this user in the topic. */
  async publishTopicMessage(
    topicName: string,
    message: string | Uint8Array,
    options: PublishTopicMessageOptions = {},
  ): Promise<PublishTopicMessageResponse> {
    const operation = 'publishTopicMessage';
    this.#stream.topics.countMessage(operation, topicName);
    const { topics } = this.#in(operation, topicName);
    if (typeof message !== 'string' && !(message instanceof Uint8Array))
      throw rtmError(operation, 'CHANNEL_INVALID_MESSAGE', 'A message is a string or a Uint8Array');
    const customType = checkCustomType(operation, options?.customType);
    if (bytesOf(message) > messageBytesMax)
      throw rtmError(
        operation,
        'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
        `A message in a topic has at most ${messageBytesMax} bytes`,
      );
    const timestamp = await topics.publish(topicName, customType, () =>
      this.#session.encode(operation, message, {
        channelType: 'STREAM',
        channel: this.#channel,
        topic: topicName,
        customType,
      }),
    );
    return { timestamp, topicName };
  }

  /** Ends to publish in a topic. */
  async leaveTopic(topicName: string): Promise<LeaveTopicResponse> {
    const { topics } = this.#in('leaveTopic', topicName);
    return { timestamp: await topics.leave(topicName), topicName };
  }

  /** Adds users to those whose messages one gets in the topic; without `users` up to 64 of those who publish now. */
  async subscribeTopic(
    topicName: string,
    options: SubscribeTopicOptions = {},
  ): Promise<SubscribeTopicResponse> {
    const operation = 'subscribeTopic';
    this.#session.limit(operation);
    const { topics } = this.#in(operation, topicName);
    const users = usersOf(operation, options);
    const { serverMs: timestamp, succeeded, failed } = await topics.subscribe(topicName, users);
    return {
      timestamp,
      topicName,
      succeedUsers: [...succeeded],
      failedUsers: failed.map(({ userId }) => userId),
      failedDetails: failed.map(({ userId, code }) => ({
        timestamp,
        topicName,
        user: userId,
        errorCode: code as SubscribeTopicErrorCode,
        reason: reasons[code] ?? 'The user could not be subscribed.',
      })),
    };
  }

  /** Takes users, or the whole topic, out of what one gets, from the call on. */
  async unsubscribeTopic(
    topicName: string,
    options: UnsubscribeTopicOptions = {},
  ): Promise<UnsubscribeTopicResponse> {
    const operation = 'unsubscribeTopic';
    const { topics } = this.#in(operation, topicName);
    return { timestamp: await topics.unsubscribe(topicName, usersOf(operation, options)) };
  }

  /** Lists the users whose messages one gets in a topic, without asking the server. */
  getSubscribedUserList(topicName: string): GetSubscribedUserListResponse {
    const { topics } = this.#in('getSubscribedUserList', topicName);
    return { timestamp: 0, topicName, subscribed: [...topics.subscribed(topicName)] };
  }

  /** Puts a token in the place of the present one, as the client's `renewToken` does. */
  async renewStreamChannelToken(token: string): Promise<RenewTokenResponse> {
    const operation = 'renewStreamChannelToken';
    if (!this.#session.link.alive) this.#session.needConnection(operation);
    checkToken(operation, token);
    return { timestamp: await this.#stream.renew(token, operation) };
  }

  get #stream(): Stream {
    return this.#session.streams.open(this.#channel);
  }

  #in(operation: string, topicName: unknown): Stream {
    this.#session.needConnection(operation);
    checkTopicName(operation, topicName);
    const stream = this.#stream;
    stream.needIn(operation);
    return stream;
  }
}

const reasons: Readonly<Record<number, string>> = {
  [SubscribeTopicErrorCode.REMOTE_USER_IS_NOT_PUBLISHED]: 'The user does not publish in the topic.',
  [SubscribeTopicErrorCode.INVALID_REMOTE_USER]: "That is no other user's id.",
  [SubscribeTopicErrorCode.ALREADY_SUBSCRIBED_USER]: 'The user is subscribed already.',
  [SubscribeTopicErrorCode.SUB_USER_EXCEED_LIMITATION]: 'No more users can be subscribed.',
};

function metaOf(operation: string, meta: unknown = ''): string {
  const text = typeof meta === 'string' ? meta : jsonOf(meta);
  if (text === undefined || new TextEncoder().encode(text).length > metaBytesMax)
    throw rtmError(
      operation,
      'CHANNEL_INVALID_TOPIC_META',
      `The meta must have at most ${metaBytesMax} bytes`,
    );
  return text;
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function usersOf(operation: string, options: unknown): readonly string[] | undefined {
  const given = options ?? {};
  checkOptions(operation, given, 'INVALID_PARAMETER');
  const { users } = given;
  if (users === undefined || users === null) return undefined;
  if (!Array.isArray(users) || !users.every((user) => typeof user === 'string'))
    throw rtmError(operation, 'CHANNEL_INVALID_USER_LIST', 'users must be a list of user ids');
  if (users.length > usersMax)
    throw rtmError(
      operation,
      'CHANNEL_EXCEED_TOPIC_USER_LIMITATION',
      `No more than ${usersMax} users of a topic can be subscribed`,
    );
  return users;
}
