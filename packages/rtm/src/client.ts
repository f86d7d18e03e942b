import {
  type SignalingMessage,
  type SignalingServerFrame,
  signalingFrameBytesMax,
} from '@housecount/protocol';
import { checkChannelName, checkChannelType, checkName, checkOptions } from './checks.ts';
import { type RTMConfig, readConfig } from './config.ts';
import { TokenEventReason } from './constants.ts';
import { decodeContent, encodeContent, messageBytesMax } from './content.ts';
import { Emitter } from './emitter.ts';
import { environment } from './environment.ts';
import { rtmError } from './errors.ts';
import type { ChannelType, LinkStateEvent, MessageEvent, RTMClientEventMap, TokenEvent } from './events.ts';
import { RTMHistory } from './history.ts';
import { claimInstance } from './instances.ts';
import { RTMLock } from './lock.ts';
import { onNetworkBack } from './network.ts';
import { RTMPresence } from './presence.ts';
import { presenceEventOf } from './presence-event.ts';
import type {
  LoginResponse,
  LogoutResponse,
  PublishResponse,
  RenewTokenResponse,
  SubscribeResponse,
  UnsubscribeResponse,
} from './responses.ts';
import { Session } from './session.ts';
import { statusEventOf } from './status-event.ts';
import { RTMStorage } from './storage.ts';
import { RTMStreamChannel } from './stream-channel.ts';

export interface LoginOptions {
  token?: string;
}
export interface SubscribeOptions {
  /** Default true. */
  withMessage?: boolean;
  /** Default true. */
  withPresence?: boolean;
  /** Nobody is told of this subscriber. Default false. */
  beQuiet?: boolean;
  withMetadata?: boolean;
  withLock?: boolean;
}
export interface PublishOptions {
  customType?: string;
  /** `USER`: the channel's name is a user id. Default `MESSAGE`. */
  channelType?: ChannelType;
  storeInHistory?: boolean;
}
export interface RenewTokenOptions {
  /** Of a stream channel's token. */
  channelName?: string;
}

/** Characters of a custom type (the API's figure). */
const customTypeLengthMax = 32;

/** A user of the signaling service: messages, presence, and everything else in the objects beside. */
export class RTMClient extends Emitter<RTMClientEventMap> {
  presence: RTMPresence;
  history: RTMHistory;
  storage: RTMStorage;
  lock: RTMLock;
  readonly #session: Session;
  #stopWatching: (() => void) | undefined;
  readonly #release: () => void;

  /** Connects to nothing yet. Throws RTMBaseError of operation `initRTM`. */
  constructor(appId: string, userId: string, rtmConfig?: RTMConfig) {
    const settings = readConfig(appId, userId, rtmConfig);
    super((event, error) => this.#session.log.error(`a listener of ${String(event)} threw`, error));
    this.#release = claimInstance(this, settings);
    this.#session = new Session(settings, {
      onFrame: (frame) => this.#onFrame(frame),
      onState: (event) => this.#onState(event),
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
    const token: unknown = options?.token ?? '';
    if (typeof token !== 'string') throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string');
    return this.#session.link.login(token === '' ? undefined : token);
  }

  /** Leaves every channel and disconnects; nothing is kept. Listeners stay. */
  async logout(): Promise<LogoutResponse> {
    const done = this.#session.link.logout();
    this.#session.subscriptions.clear();
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

  /** Sends to all who are subscribed to a channel, or to one user, who must be there (−11033). */
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
    if (options.storeInHistory === true)
      throw rtmError(operation, 'HISTORY_NOT_AVAILABLE', 'Housecount keeps no messages yet');
    const { content, bytes } = encodeContent(message);
    const frame = {
      type: 'publish',
      channelType,
      channel: channelName,
      content,
      ...(customType !== '' && { customType }),
    } as const;
    if (bytes > messageBytesMax || frameBytes(frame) > signalingFrameBytesMax)
      throw rtmError(
        operation,
        'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
        `A message has at most ${messageBytesMax} bytes`,
      );
    const { serverMs } = await this.#session.ask(frame, operation, {
      lost: 'CHANNEL_PUBLISH_MESSAGE_FAILED',
      timeout: 'CHANNEL_PUBLISH_MESSAGE_TIMEOUT',
    });
    return { timestamp: serverMs, channelName };
  }

  /** An object for a stream channel, of which Housecount has none yet. Throws −10008 or −10022. */
  createStreamChannel(channelName: string): RTMStreamChannel {
    checkChannelName('createStreamChannel', channelName);
    this.#session.needService('createStreamChannel', 'STREAM');
    return new RTMStreamChannel(this.#session);
  }

  /** Puts a token in the place of the present one; while the connection is lost, with the next one. */
  async renewToken(token: string, options: RenewTokenOptions = {}): Promise<RenewTokenResponse> {
    const operation = 'renewToken';
    if (!this.#session.link.alive) this.#session.needConnection(operation);
    if (typeof token !== 'string' || token === '')
      throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string that is not empty');
    checkOptions(operation, options, 'INVALID_PARAMETER');
    if (options.channelName !== undefined && options.channelName !== '') {
      checkChannelName(operation, options.channelName);
      throw rtmError(operation, 'CHANNEL_NOT_AVAILABLE', 'Housecount has no stream channels yet');
    }
    return this.#session.link.renewToken(token, operation);
  }

  addEventListener<E extends keyof RTMClientEventMap>(eventName: E, listener: RTMClientEventMap[E]): void {
    this.on(eventName, listener);
  }

  removeEventListener<E extends keyof RTMClientEventMap>(eventName: E, listener: RTMClientEventMap[E]): void {
    this.off(eventName, listener);
  }

  #onState(event: LinkStateEvent): void {
    const idle = event.currentState === 'IDLE' || event.currentState === 'FAILED';
    if (idle) {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    } else this.#stopWatching ??= onNetworkBack(() => this.#session.link.hurry());
    this.#session.log.info(`${event.previousState} -> ${event.currentState}: ${event.reason}`);
    this.emit('linkState', event);
    this.emit('status', statusEventOf(event));
  }

  #onMessage({
    channelType,
    channel,
    content,
    customType = '',
    publisher,
    serverMs,
  }: SignalingMessage): void {
    const { subscriptions, settings, log } = this.#session;
    const toUser = channelType === 'USER';
    if (!toUser && !subscriptions.of(channel)?.withMessage) return;
    const message = decodeContent(content);
    if (message === undefined) {
      log.warn(`a message of ${publisher} cannot be read`);
      return;
    }
    this.emit('message', {
      channelType,
      channelName: toUser ? settings.userId : channel,
      topicName: '',
      messageType: typeof message === 'string' ? 'STRING' : 'BINARY',
      customType,
      message,
      publisher,
      timestamp: serverMs,
    } satisfies MessageEvent);
  }

  #onFrame(frame: SignalingServerFrame): void {
    const { subscriptions, settings } = this.#session;
    switch (frame.type) {
      case 'message':
        this.#onMessage(frame);
        return;
      case 'presence': {
        if (frame.channelType !== 'MESSAGE' || !subscriptions.of(frame.channel)?.withPresence) return;
        const event = presenceEventOf(frame, settings.userId);
        if (event) this.emit('presence', event);
        return;
      }
      case 'token-will-expire':
        this.emit('tokenPrivilegeWillExpire', '');
        this.emit('token', {
          eventType: 'WILL_EXPIRE',
          reason: TokenEventReason.WILL_EXPIRE,
          affectedResources: { messageChannels: subscriptions.names() },
          timestamp: environment.nowMs(),
        } satisfies TokenEvent);
        return;
    }
  }
}

function checkCustomType(operation: string, customType: unknown = ''): string {
  if (typeof customType !== 'string')
    throw rtmError(operation, 'CHANNEL_INVALID_CUSTOM_TYPE', 'customType must be a string');
  if (customType.length > customTypeLengthMax)
    throw rtmError(
      operation,
      'CHANNEL_CUSTOM_TYPE_LENGTH_OVERFLOW',
      `customType has at most ${customTypeLengthMax} characters`,
    );
  return customType;
}

/** With room for the id that the frame still gets. */
function frameBytes(frame: object): number {
  return new TextEncoder().encode(JSON.stringify(frame)).length + 32;
}
