import { watchPage } from '@housecount/link';
import type {
  SignalingMessage,
  SignalingReadRevoked,
  SignalingServerFrame,
  SignalingUnsubscribed,
} from '@housecount/protocol';
import {
  checkChannelName,
  checkChannelType,
  checkCustomType,
  checkName,
  checkOptions,
  checkToken,
} from '../errors/checks.ts';
import { rtmError } from '../errors/errors.ts';
import { LinkStateChangeReasonDescription, TokenEventReason } from '../events/constants.ts';
import { Emitter, type Listener } from '../events/emitter.ts';
import type {
  ChannelType,
  LinkStateEvent,
  MessageEvent,
  RTMClientEventMap,
  TokenEvent,
} from '../events/events.ts';
import type {
  LoginResponse,
  LogoutResponse,
  PublishResponse,
  RenewTokenResponse,
  SubscribeResponse,
  UnsubscribeResponse,
} from '../events/responses.ts';
import { type StatusEvent, statusEventOf } from '../events/status-event.ts';
import { RTMHistory } from '../history/history.ts';
import { RTMLock } from '../locks/lock.ts';
import { bytesOf, type Message, messageBytesMax, messageTypeOf } from '../messages/content.ts';
import { RTMPresence } from '../presence/presence.ts';
import { presenceEventOf } from '../presence/presence-event.ts';
import type { RosterOptions, RTMRoster } from '../roster/roster.ts';
import { rosterPlace } from '../roster/roster-options.ts';
import { Session } from '../session/session.ts';
import { type RTMConfig, readConfig } from '../settings/config.ts';
import { environment } from '../settings/environment.ts';
import { RTMStorage } from '../storage/storage.ts';
import { lockEventOf, storageEventOf } from '../storage/storage-event.ts';
import { RTMStreamChannel } from '../stream-channel/stream-channel.ts';
import { topicEventOf } from '../streams/stream-event.ts';
import { claimInstance } from './instances.ts';

export interface LoginOptions {
  token?: string;
}
export interface SubscribeOptions {
  /** Default true. */
  withMessage?: boolean;
  /** Default true. */
  withPresence?: boolean;
  /** True: nobody is told of this subscriber. Default false. */
  beQuiet?: boolean;
  withMetadata?: boolean;
  withLock?: boolean;
}
export interface PublishOptions {
  customType?: string;
  /** `USER`: the channel's name is a user id. Default `MESSAGE`. */
  channelType?: ChannelType;
  /** Keeps it for `history.getMessages`; −15005 where the app keeps none. Default false. */
  storeInHistory?: boolean;
}
export interface RenewTokenOptions {
  /** The stream channel whose token this is; absent for the login token. */
  channelName?: string;
}

/** A user of the signaling service: messages, presence, and everything else in the objects beside. */
export class RTMClient extends Emitter<RTMClientEventMap> {
  presence: RTMPresence;
  history: RTMHistory;
  storage: RTMStorage;
  lock: RTMLock;
  readonly #session: Session;
  /** The telling under way, where messages are encrypted: later ones wait for it, so that their order stays. */
  #telling: Promise<void> = Promise.resolve();
  #stopWatching: (() => void) | undefined;
  readonly #release: () => void;

  /** Connects to nothing yet. Throws RTMBaseError of operation `initRTM`. */
  constructor(appId: string, userId: string, rtmConfig?: RTMConfig) {
    const settings = readConfig(appId, userId, rtmConfig);
    super((event, error) => this.#session.log.error(`a listener of ${String(event)} threw`, error));
    this.#release = claimInstance(this, settings);
    this.#session = new Session(settings, {
      onFrame: (frame) => this.#inOrder(frame),
      onPutOut: (frame) => void this.#onFrame(frame),
      onState: (event) => this.#onState(event),
      onStream: (event) => this.#onLink(event),
    });
    this.presence = new RTMPresence(this.#session);
    this.history = new RTMHistory(this.#session);
    this.storage = new RTMStorage(this.#session);
    this.lock = new RTMLock(this.#session);
  }

  /**
   * Resolves once connected. A login that is pending rejects −10023. If the server cannot be reached this rejects −10011,
   * and the client goes on trying.
   */
  async login(options: LoginOptions = {}): Promise<LoginResponse> {
    const operation = 'login';
    this.#session.needService(operation, 'MESSAGE');
    const token: unknown = options?.token || this.#session.settings.token;
    if (typeof token !== 'string') throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string');
    return this.#session.link.login(token === '' ? undefined : token);
  }

  /** Leaves every channel and disconnects; nothing is kept. Listeners stay. */
  async logout(): Promise<LogoutResponse> {
    const done = this.#session.link.logout();
    this.#session.subscriptions.clear();
    this.#session.followed.clear();
    this.#session.rosters.clear();
    this.#release();
    return done;
  }

  /** Gets what is said in a channel and who is there. Again: changes what one gets. */
  async subscribe(channelName: string, options: SubscribeOptions = {}): Promise<SubscribeResponse> {
    const operation = 'subscribe';
    this.#session.limit(operation);
    this.#session.needConnection(operation);
    checkChannelName(operation, channelName);
    checkOptions(operation, options, 'INVALID_PARAMETER');
    const timestamp = await this.#session.subscriptions.subscribe(channelName, {
      withMessage: options.withMessage !== false,
      withPresence: options.withPresence !== false,
      withMetadata: options.withMetadata === true,
      withLock: options.withLock === true,
      beQuiet: options.beQuiet === true,
    });
    return { timestamp, channelName };
  }

  /** Nothing of the channel is told any more from now on. */
  async unsubscribe(channelName: string): Promise<UnsubscribeResponse> {
    checkChannelName('unsubscribe', channelName);
    return { timestamp: await this.#session.subscriptions.unsubscribe(channelName), channelName };
  }

  /**
   * Sends to all who are subscribed to a channel, or to one user, who must be there (−11033). With `storeInHistory` it is
   * kept before it is told; one to a user who is not there is then kept alone (−11035).
   */
  async publish(
    channelName: string,
    message: string | Uint8Array,
    options: PublishOptions = {},
  ): Promise<PublishResponse> {
    const operation = 'publish';
    this.#session.limit(operation);
    const channelType: unknown = options?.channelType ?? 'MESSAGE';
    checkChannelType(operation, channelType, ['MESSAGE', 'USER']);
    this.#session.needConnection(operation);
    if (channelType === 'USER') checkName(operation, channelName, 'INVALID_CHANNEL_NAME', 'the user id');
    else checkChannelName(operation, channelName);
    if (typeof message !== 'string' && !(message instanceof Uint8Array))
      throw rtmError(operation, 'CHANNEL_INVALID_MESSAGE', 'A message is a string or a Uint8Array');
    checkOptions(operation, options, 'INVALID_PARAMETER');
    const customType = checkCustomType(operation, options.customType);
    if (bytesOf(message) > messageBytesMax)
      throw rtmError(
        operation,
        'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
        `A message has at most ${messageBytesMax} bytes`,
      );
    const about = { channelType, channel: channelName, topic: '', customType };
    const encoded = this.#session.encode(operation, message, about);
    const frame = {
      type: 'publish',
      channelType,
      channel: channelName,
      content: encoded instanceof Promise ? await encoded : encoded,
      ...(customType !== '' && { customType }),
      ...(options.storeInHistory === true && { storeInHistory: true }),
    } as const;
    const { serverMs } = await this.#session.ask(frame, operation, {
      lost: 'CHANNEL_PUBLISH_MESSAGE_FAILED',
      timeout: 'CHANNEL_PUBLISH_MESSAGE_TIMEOUT',
    });
    return { timestamp: serverMs, channelName };
  }

  /**
   * Housecount: the live and exact roster of a channel of any size: all members, a window of them, or only how many there are.
   * The user need not be in the channel, and is not seen there. Close rosters that are no longer needed. Rejects −10019, −10008, −13003 for a window of
   * more than 100, −13013 where too many different windows are looked at, −11005 for more than 20 at once.
   */
  async roster(channelName: string, options: RosterOptions = {}): Promise<RTMRoster> {
    const operation = 'roster';
    this.#session.limit('getOnlineUsers', operation);
    const place = rosterPlace(operation, channelName, options, () => this.#session.needConnection(operation));
    return this.#session.rosters.open(place);
  }

  /** An object for a stream channel, which connects to nothing yet. Throws −10008 or −10022. */
  createStreamChannel(channelName: string): RTMStreamChannel {
    checkChannelName('createStreamChannel', channelName);
    this.#session.needService('createStreamChannel', 'STREAM');
    return new RTMStreamChannel(this.#session, channelName);
  }

  /** Puts a token in the place of the present one; while the connection is lost, with the next one. */
  async renewToken(token: string, options: RenewTokenOptions = {}): Promise<RenewTokenResponse> {
    const operation = 'renewToken';
    this.#session.limit(operation);
    if (!this.#session.link.alive) this.#session.needConnection(operation);
    checkToken(operation, token);
    checkOptions(operation, options, 'INVALID_PARAMETER');
    if (options.channelName !== undefined && options.channelName !== '') {
      checkChannelName(operation, options.channelName);
      return { timestamp: await this.#session.streams.open(options.channelName).renew(token, operation) };
    }
    return this.#session.link.renewToken(token, operation);
  }

  /** `linkState` took the place of `status` in 2.3. */
  addEventListener(eventName: 'status', listener: (event: StatusEvent) => void): void;
  addEventListener<E extends keyof RTMClientEventMap>(eventName: E, listener: RTMClientEventMap[E]): void;
  addEventListener(eventName: string, listener: Listener): void {
    this.on(eventName, listener);
  }

  removeEventListener(eventName: 'status', listener: (event: StatusEvent) => void): void;
  removeEventListener<E extends keyof RTMClientEventMap>(eventName: E, listener: RTMClientEventMap[E]): void;
  removeEventListener(eventName: string, listener: Listener): void {
    this.off(eventName, listener);
  }

  #onState(event: LinkStateEvent): void {
    const idle = event.currentState === 'IDLE' || event.currentState === 'FAILED';
    if (idle) {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    } else
      this.#stopWatching ??= watchPage({
        onBack: () => this.#session.link.hurry(),
        onLeft: () => this.#session.link.letGo(),
      });
    this.#onLink(event);
    this.emit('status', statusEventOf(event));
  }

  #onLink(event: LinkStateEvent): void {
    const { previousState, currentState, serviceType, reason } = event;
    this.#session.log.info(`${serviceType} ${previousState} -> ${currentState}: ${reason}`);
    this.emit('linkState', event);
  }

  /** A token with less took these away; they are not restored. */
  #onReadRevoked({ channels, serverMs }: SignalingReadRevoked): void {
    const messageChannels = channels.filter((channel) => this.#session.subscriptions.ended(channel));
    if (messageChannels.length === 0) return;
    this.emit('token', {
      eventType: 'READ_PERMISSION_REVOKED',
      reason: TokenEventReason.READ_PERMISSION_REVOKED,
      affectedResources: { messageChannels },
      timestamp: serverMs,
    } satisfies TokenEvent);
  }

  /** Opening a message takes time: what came after it waits, so that all is told in the order in which it came. */
  #inOrder(frame: SignalingServerFrame): void {
    if (!this.#session.isSealed) {
      void this.#onFrame(frame);
      return;
    }
    this.#telling = this.#telling
      .then(() => (this.#session.link.alive ? this.#onFrame(frame) : undefined))
      .catch((error: unknown) => this.#session.log.error('a frame could not be told', error));
  }

  /** A promise where the message has to be opened. */
  #onMessage(frame: SignalingMessage): void | Promise<void> {
    if (!this.#isWanted(frame)) return undefined;
    const { channelType, channel, content, topic = '', customType = '', publisher } = frame;
    const about = { channelType, channel, topic, publisher, customType };
    const message = this.#session.decode(content, about);
    if (!(message instanceof Promise)) return this.#tell(frame, message);
    // The channel may have been unsubscribed while the message was decrypted.
    return message.then((opened) => (this.#isWanted(frame) ? this.#tell(frame, opened) : undefined));
  }

  #isWanted({ channelType, channel, topic = '', publisher }: SignalingMessage): boolean {
    const { subscriptions, streams } = this.#session;
    if (channelType === 'MESSAGE') return subscriptions.of(channel)?.withMessage === true;
    return channelType === 'USER' || streams.get(channel)?.topics.follows(topic, publisher) === true;
  }

  #tell(
    { channelType, channel, topic = '', customType = '', publisher, serverMs }: SignalingMessage,
    message: Message | undefined,
  ): void {
    if (message === undefined) return;
    this.emit('message', {
      channelType,
      channelName: channelType === 'USER' ? this.#session.settings.userId : channel,
      topicName: topic,
      messageType: messageTypeOf(message),
      customType,
      message,
      publisher,
      timestamp: serverMs,
    } satisfies MessageEvent);
  }

  /** The link stands; a channel that was subscribed to is not any more. */
  #onUnsubscribed({ channel, serverMs }: SignalingUnsubscribed): void {
    const { subscriptions, link, log } = this.#session;
    if (!subscriptions.ended(channel)) return;
    const reason = LinkStateChangeReasonDescription.KICKED_OUT_BY_SERVER;
    log.info(`${channel}: ${reason}`);
    this.emit('linkState', {
      currentState: link.state,
      previousState: link.state,
      serviceType: 'MESSAGE',
      operation: 'SERVER_REJECT',
      reason,
      reasonCode: 'KICKED_OUT_BY_SERVER',
      affectedChannels: [channel],
      unrestoredChannels: [channel],
      isResumed: false,
      timestamp: serverMs,
    } satisfies LinkStateEvent);
  }

  #onFrame(frame: SignalingServerFrame): void | Promise<void> {
    const { streams, settings } = this.#session;
    switch (frame.type) {
      case 'message':
        return this.#onMessage(frame);
      case 'presence': {
        if (!this.#session.channels(frame.channelType).of(frame.channel)?.withPresence) return;
        const event = presenceEventOf(frame, settings.userId);
        if (event) this.emit('presence', event);
        return;
      }
      case 'storage': {
        const { target } = frame;
        const isFollowed =
          'userId' in target
            ? this.#session.followed.has(target.userId)
            : this.#session.channels(target.channelType).of(target.channel)?.withMetadata;
        if (isFollowed) this.emit('storage', storageEventOf(frame));
        return;
      }
      case 'lock':
        if (this.#session.channels(frame.channelType).of(frame.channel)?.withLock)
          this.emit('lock', lockEventOf(frame, settings.userId));
        return;
      case 'topic': {
        const event = streams.of(frame.channel) && topicEventOf(frame, settings.userId);
        if (event) this.emit('topic', event);
        return;
      }
      case 'roster-snapshot':
      case 'roster-changes':
      case 'roster-count':
      case 'roster-window':
      case 'roster-window-changes':
      case 'roster-ended':
        this.#session.rosters.onFrame(frame);
        return;
      case 'channel-ended':
        streams.ended(frame);
        return;
      case 'unsubscribed':
        this.#onUnsubscribed(frame);
        return;
      case 'read-revoked':
        this.#onReadRevoked(frame);
        return;
      case 'token-will-expire':
        this.emit('tokenPrivilegeWillExpire', frame.channel ?? '');
        this.emit('token', {
          eventType: 'WILL_EXPIRE',
          reason: TokenEventReason.WILL_EXPIRE,
          affectedResources: {
            messageChannels: frame.channel === undefined ? this.#session.subscriptions.names() : [],
          },
          timestamp: environment.nowMs(),
        } satisfies TokenEvent);
        return;
    }
  }
}
