import type { SignalingContent, SignalingOk } from '@housecount/protocol';
import type { ErrorCodeName } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import type { LinkStateEvent, ServiceType } from '../events/events.ts';
import { ask } from '../link/asking.ts';
import type { FailureCodes } from '../link/request-error.ts';
import type { RequestBody } from '../link/signaling-frames.ts';
import { type LinkHandlers, SignalingLink } from '../link/signaling-link.ts';
import { decodeContent, encodeContent, type Message } from '../messages/content.ts';
import { type SealedAbout, Sealer } from '../messages/sealer.ts';
import { Rosters } from '../roster/rosters.ts';
import type { Settings } from '../settings/config.ts';
import { createLog, type Log } from '../settings/log.ts';
import { Streams } from '../streams/streams.ts';
import { FollowedUsers } from './followed-users.ts';
import { PageLogin } from './page-login.ts';
import { type Bucket, RateLimits } from './rate-limits.ts';
import { Subscriptions } from './subscriptions.ts';

export interface SessionHandlers extends Pick<LinkHandlers, 'onFrame' | 'onState' | 'onPutOut'> {
  /** The link of a stream channel has changed. */
  onStream(event: LinkStateEvent): void;
}

/** The parts that the objects of a client share: the link, the subscriptions, and the checks that come before those of the arguments. */
export class Session {
  readonly settings: Settings;
  readonly log: Log;
  readonly link: SignalingLink;
  readonly subscriptions: Subscriptions;
  readonly streams: Streams;
  readonly followed: FollowedUsers;
  readonly rosters: Rosters;
  readonly #pageLogin: PageLogin;
  readonly #sealer: Sealer | undefined;
  readonly #limits = new RateLimits();
  /** True when the last welcome resumed the session before it. */
  #resumed = false;

  constructor(settings: Settings, handlers: SessionHandlers) {
    this.settings = settings;
    this.log = createLog(settings.logLevel);
    this.#sealer = settings.encryption && new Sealer(settings.app, settings.encryption);
    this.link = new SignalingLink(settings, {
      ...handlers,
      onState: (event) => {
        this.#pageLogin.onState(event.currentState);
        handlers.onState(event);
        // A listener may have logged in or out: then that has been told already.
        if (this.link.state === event.currentState) this.streams.onLink(event, this.#resumed);
      },
      restore: async (resumed) => {
        this.#resumed = resumed;
        if (!(await this.#pageLogin.settle())) return [];
        const [unrestored] = await Promise.all([
          this.subscriptions.restore(resumed),
          this.followed.restore(resumed),
          this.rosters.restore(),
        ]);
        return unrestored;
      },
      channels: () => this.subscriptions.names(),
    });
    this.#pageLogin = new PageLogin(settings.app, this.link);
    this.subscriptions = new Subscriptions(this.link, this.log);
    this.followed = new FollowedUsers(this.link, this.log);
    this.rosters = new Rosters(this.link, this.log);
    this.streams = new Streams(this.link, this.log, handlers.onStream);
  }

  /** The channels of one kind, as far as one's own states go. */
  channels(channelType: 'MESSAGE' | 'STREAM'): Subscriptions | Streams {
    return channelType === 'STREAM' ? this.streams : this.subscriptions;
  }

  /** Counts a call; −10021 if there were too many within a second, in the name of `operation`, else of the bucket. */
  limit(bucket: Bucket, operation?: string): void {
    this.#limits.take(bucket, operation);
  }

  /** −10025 unless connected. `afterFailure` is the code instead once the link has failed. */
  needConnection(operation: string, afterFailure: ErrorCodeName = 'NOT_CONNECTED'): void {
    if (this.link.state === 'CONNECTED') return;
    const code = this.link.state === 'FAILED' ? afterFailure : 'NOT_CONNECTED';
    throw rtmError(operation, code, 'There is no connection to the signaling service');
  }

  /** −10025 before a login and after a logout; a connection that is lost, or refused, does not matter. */
  needLogin(operation: string): void {
    if (this.link.state === 'IDLE')
      throw rtmError(operation, 'NOT_CONNECTED', 'There is no connection to the signaling service');
  }

  /** −10022 if the private configuration leaves the service out. */
  needService(operation: string, service: ServiceType): void {
    if (!this.settings.services.includes(service))
      throw rtmError(operation, 'SERVICE_NOT_SUPPORTED', `privateConfig.serviceType has no ${service}`);
  }

  /** True when messages are encrypted: operations on their content are then asynchronous. */
  get isSealed(): boolean {
    return this.#sealer !== undefined;
  }

  /** This user's message as it goes over the wire; in the order of the calls. Rejects −11023. */
  encode(
    operation: string,
    message: Message,
    about: Omit<SealedAbout, 'publisher'>,
  ): SignalingContent | Promise<SignalingContent> {
    if (!this.#sealer) return encodeContent(message);
    const { userId: publisher } = this.settings;
    return this.#sealer.seal(message, { ...about, publisher }).catch((error: unknown) => {
      this.log.error('a message could not be encrypted', error);
      throw rtmError(operation, 'CHANNEL_ENCRYPT_MESSAGE_FAILED', 'The message could not be encrypted');
    });
  }

  /** A message as the app reads it. One that cannot be read, or that is not encrypted as this client's are, is logged. */
  decode(content: SignalingContent, about: SealedAbout): Message | undefined | Promise<Message | undefined> {
    const message = this.#sealer ? this.#sealer.open(content, about) : decodeContent(content);
    return message instanceof Promise
      ? message.then((opened) => this.#read(opened, about))
      : this.#read(message, about);
  }

  #read(message: Message | undefined, { channel, publisher }: SealedAbout): Message | undefined {
    if (message === undefined)
      this.log.warn(
        `a message of ${publisher} in ${channel} cannot be read: has that client the same encryptionMode, cipherKey and salt?`,
      );
    return message;
  }

  /** Asks the server; rejects in the words of the API. */
  ask(body: RequestBody, operation: string, codes: FailureCodes): Promise<SignalingOk> {
    return ask(this.link, body, operation, codes);
  }
}
