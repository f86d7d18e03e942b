import { Attempts, Link, type SocketEnd } from '@housecount/link';
import type {
  SignalingLogin,
  SignalingOk,
  SignalingServerFrame,
  SignalingWelcome,
} from '@housecount/protocol';
import { errorCodes } from '../errors/error-codes.ts';
import { rtmError } from '../errors/errors.ts';
import { LinkStateChangeReasonDescription } from '../events/constants.ts';
import type {
  LinkOperation,
  LinkState,
  LinkStateChangeReasonCode,
  LinkStateEvent,
} from '../events/events.ts';
import { environment, surroundings } from '../settings/environment.ts';
import { serverUrls } from '../settings/settings.ts';
import { LoginToken, mayBeToken } from './login-token.ts';
import { rejectionOf } from './rejection.ts';
import { type RequestBody, type SignalingFrames, signalingDialect } from './signaling-frames.ts';

export interface LinkIdentity {
  readonly app: string;
  readonly userId: string;
  readonly heartbeatSeconds: number;
  readonly presenceTimeoutSeconds: number;
  readonly hosts: readonly string[];
}

export interface LinkHandlers {
  onFrame(frame: SignalingServerFrame): void;
  onState(event: LinkStateEvent): void;
  /** A channel is over that the client may not have heard of; before anything is restored. */
  onPutOut(frame: SignalingServerFrame): void;
  /**
   * Brings the server's session to what this client wants of it; resolves with the channels where that failed. With
   * `resumed` false the session is new and empty.
   */
  restore(resumed: boolean): Promise<string[]>;
  /** Channels that a change of the link is about. */
  channels(): string[];
}

type Cause = readonly [operation: LinkOperation, reasonCode: LinkStateChangeReasonCode];

const causeOfTurn = {
  waited: ['AUTO_RECONNECT', 'AUTO_RECONNECT'],
  back: ['NETWORK_CHANGE', 'NETWORK_CHANGE'],
} as const;

/** Two seconds, doubled each time (the API's figures). */
const backoff = { firstMs: 2_000, mostMs: 2_048_000, spreadMs: 2_000 };
/** Time after the loss in which the attempts come thick and fast, milliseconds (the API's figure). */
const disconnectedMsMax = 120_000;
/** Between attempts after that, milliseconds (the API's figure). */
const suspendedMs = 30_000;
/** Time for the answer to a request, milliseconds. Chosen: as long as the connection may be silent. */
const requestMsMax = 10_000;
/** Time for the server to answer a goodbye, milliseconds; then the socket is closed all the same. Chosen. */
const goodbyeMsMax = 2_000;

/** The session of a user over as many sockets as it takes, and the states the API shows of that. */
export class SignalingLink {
  readonly #identity: LinkIdentity;
  readonly #handlers: LinkHandlers;
  readonly #link: Link<SignalingFrames>;
  #state: LinkState = 'IDLE';
  readonly #token: LoginToken = new LoginToken(this);
  /** The pending `login`. */
  #login:
    | { readonly resolve: (answer: { timestamp: number }) => void; readonly reject: (error: Error) => void }
    | undefined;
  #session: SignalingWelcome['session'] | undefined;
  readonly #attempts = new Attempts();
  /** All that is wanted of the session has been asked for in it: where it lived on, it is as it was. */
  #isRestored = false;
  /** The time of `passedMs` at which the connection was lost; undefined while it is not lost. Entering `SUSPENDED` does not change it. */
  #lostMs: number | undefined;
  #suspended = false;
  #nextHost = 0;
  /** The address that was tried last. */
  #url = '';

  constructor(identity: LinkIdentity, handlers: LinkHandlers) {
    this.#identity = identity;
    this.#handlers = handlers;
    this.#link = new Link<SignalingFrames>(
      {
        dialect: signalingDialect,
        backoff,
        surroundings,
        pingMs: identity.heartbeatSeconds * 1000,
        answerMs: requestMsMax,
      },
      {
        onTurn: (turn) => this.#attempt(causeOfTurn[turn]),
        onWelcome: (welcome) => void this.#welcome(welcome),
        onFrame: (frame) => this.#handlers.onFrame(frame),
        onEnd: (end) => this.#lost(end),
      },
    );
  }

  get state(): LinkState {
    return this.#state;
  }

  /** True when logged in or about to be: the state is neither `IDLE` nor `FAILED`. */
  get alive(): boolean {
    return this.#state !== 'IDLE' && this.#state !== 'FAILED';
  }

  /** Resolves once connected. Rejects with the server's refusal; −10011 at a first attempt that fails, while more follow. */
  login(token: string | undefined): Promise<{ timestamp: number }> {
    // The API's own stand-in for "no token" is the app id.
    const given = token === this.#identity.app ? undefined : token;
    if (this.#state === 'CONNECTED') {
      if (given === undefined || given === this.#token.newest) return Promise.resolve({ timestamp: 0 });
      return this.renewToken(given, 'login');
    }
    this.#cancelLogin('Another login took the place of this one');
    this.#link.drop();
    this.#link.startOver();
    this.#token.begin(given);
    const cause: Cause = ['LOGIN', this.#state === 'IDLE' ? 'LOGIN' : 'RELOGIN'];
    return new Promise((resolve, reject) => {
      this.#login = { resolve, reject };
      if (given === undefined || mayBeToken(given)) this.#attempt(cause);
      else
        this.#fail(
          { errorCode: errorCodes.INVALID_TOKEN, reasonCode: 'INVALID_TOKEN' },
          undefined,
          'The token is none: tokens begin with 007',
        );
    });
  }

  /** Ends the session and forgets it. Resolves when the server knows, or cannot be told. */
  async logout(): Promise<{ timestamp: number }> {
    if (this.#state === 'IDLE') return { timestamp: 0 };
    this.#cancelLogin('The logout came before the login was done');
    this.#token.renewals.fail('NOT_CONNECTED', 'The logout came before the token was renewed');
    // The goodbye is said now, so that it still goes out where a page is closing.
    const gone = this.#link.part({ goodbye: { type: 'logout' }, closeMs: goodbyeMsMax });
    this.#forget();
    this.#to('IDLE', ['LOGOUT', 'LOGOUT']);
    await gone;
    return { timestamp: environment.nowMs() };
  }

  /** Renews now, or with the next connection, for which it waits. −10026 if neither comes in time. */
  async renewToken(token: string, operation: string): Promise<{ timestamp: number }> {
    return { timestamp: await this.#token.renew(token, operation) };
  }

  /** Asks the server; rejects RequestFailed. `endless`: the answer may take any time. */
  request(body: RequestBody, endless = false): Promise<SignalingOk> {
    return this.#link.request(body, endless);
  }

  /** Resolves once connected with true; with false where there will be no connection until the app logs in. */
  async connected(): Promise<boolean> {
    // A lost request rejects before the state changes: give the change a turn.
    await Promise.resolve();
    while (this.alive && this.#state !== 'CONNECTED') await this.#link.whole();
    return this.alive;
  }

  /** Tries again now rather than at the end of the wait: the network is said to be back. */
  hurry(): void {
    this.#link.hurry();
  }

  /** Gives the connection up as lost: left open, the browser would keep it while nobody is here. */
  letGo(): void {
    this.#link.letGo();
  }

  #attempt(cause: Cause): void {
    this.#to('CONNECTING', cause);
    // A listener may have called login or logout.
    if (this.#state !== 'CONNECTING' || this.#link.socket) return;
    this.#open();
  }

  /** Opens a socket with the session and the token that there are now. */
  #open(): void {
    const { app, userId, heartbeatSeconds, presenceTimeoutSeconds, hosts } = this.#identity;
    let url: string;
    try {
      const urls = serverUrls(hosts);
      url = urls[this.#nextHost % urls.length] ?? urls[0];
      this.#url = url;
    } catch (error) {
      this.#fail({ errorCode: errorCodes.INVALID_PRIVATE_CONFIG, reasonCode: 'LOGIN_REJECTED' }, error);
      return;
    }
    const token = this.#token.forHello();
    const hello: SignalingLogin = {
      type: 'login',
      version: 1,
      app,
      userId,
      ...(token !== undefined && { token }),
      ...(this.#session && { session: this.#session, ...this.#attempts.next() }),
      heartbeatInterval: heartbeatSeconds,
      presenceTimeout: presenceTimeoutSeconds,
    };
    this.#link.open(`${url.replace(/^http/, 'ws')}/v1/signaling`, () => hello);
  }

  async #welcome(welcome: SignalingWelcome): Promise<void> {
    const { socket } = this.#link;
    if (!socket) return;
    const { told } = this.#token;
    const livedOn = this.#session !== undefined && welcome.resumed && this.#isRestored;
    this.#session = welcome.session;
    this.#attempts.welcomed(welcome);
    this.#isRestored = livedOn;
    for (const frame of welcome.ended ?? []) this.#handlers.onPutOut(frame);
    // A handler of these frames may have logged out.
    if (this.#link.socket !== socket) return;
    const unrestored = await this.#handlers.restore(livedOn);
    await this.#token.tellNewer(told, (renewal) => socket.request(renewal));
    if (this.#link.socket !== socket) return;
    this.#isRestored = true;
    this.#link.settle();
    const again = this.#lostMs !== undefined;
    const inTime = again && !this.#suspended;
    const affected = this.#handlers.channels();
    this.#lostMs = undefined;
    this.#suspended = false;
    const login = this.#login;
    this.#login = undefined;
    this.#to('CONNECTED', login ? ['LOGIN', 'LOGIN_SUCCESS'] : ['RECONNECTED', 'RECONNECT_SUCCESS'], {
      affectedChannels: [...new Set([...affected, ...unrestored])],
      unrestoredChannels: unrestored,
      isResumed: inTime && unrestored.length === 0,
      timestamp: welcome.serverMs,
    });
    login?.resolve({ timestamp: welcome.serverMs });
    this.#token.renewals.done(welcome.serverMs);
  }

  #lost(end: SocketEnd<SignalingFrames>): void {
    if (end.why === 'no-socket') {
      this.#fail(
        { errorCode: errorCodes.SERVICE_NOT_SUPPORTED, reasonCode: 'SERVICE_NOT_SUPPORTED' },
        end.error,
      );
      return;
    }
    if (end.closing && !end.closing.retry) {
      if (this.#state === 'CONNECTING' && this.#token.told !== this.#token.newest) {
        // A new token came meanwhile: the server has not judged that one.
        this.#open();
        return;
      }
      this.#fail(rejectionOf(end.closing), undefined, end.closing.message);
      return;
    }
    const wasConnected = this.#state === 'CONNECTED';
    if (!wasConnected) this.#nextHost++;
    this.#lostMs ??= environment.passedMs();
    const cause = this.#causeOfLoss(end, wasConnected);
    // Before anybody is told: who hears of the loss may log in, and that login is another one.
    const login = this.#login;
    this.#login = undefined;
    this.#to(this.#suspended ? 'SUSPENDED' : 'DISCONNECTED', cause);
    const rejection = end.closing ? rejectionOf(end.closing) : undefined;
    login?.reject(
      rtmError(
        'login',
        rejection?.errorCode ?? 'LOGIN_TIMEOUT',
        end.closing?.message ??
          (end.error instanceof Error ? end.error.message : `The server ${this.#url} could not be reached`),
        end.error,
      ),
    );
    // A listener may have called login or logout.
    if (this.#state === 'DISCONNECTED' || this.#state === 'SUSPENDED')
      this.#retryLater(end.closing?.retryAfterMs);
  }

  #causeOfLoss(end: SocketEnd, wasConnected: boolean): Cause {
    if (wasConnected) {
      if (end.why === 'silent') return ['HEARTBEAT_TIMEOUT', 'KEEP_ALIVE_TIMEOUT'];
      return [end.closing ? 'SERVER_REJECT' : 'SERVER_TIMEOUT', 'CONNECTION_ERROR'];
    }
    const operation = this.#login ? 'LOGIN' : 'AUTO_RECONNECT';
    if (end.why !== 'timeout') return [operation, 'CONNECTION_ERROR'];
    return [operation, this.#login ? 'LOGIN_TIMEOUT' : 'RECONNECT_TIMEOUT'];
  }

  #retryLater(retryAfterMs?: number): void {
    const leftMs = (this.#lostMs ?? 0) + disconnectedMsMax - environment.passedMs();
    if (this.#link.retry(retryAfterMs, this.#suspended ? undefined : leftMs)) return;
    this.#link.wait(Math.max(0, leftMs), () => {
      this.#suspended = true;
      this.#link.slowDown(suspendedMs);
      this.#to('SUSPENDED', ['AUTO_RECONNECT', 'RECONNECT_TIMEOUT']);
      if (this.#state === 'SUSPENDED') this.#retryLater();
    });
  }

  /** No retries: the app has to log in. What it had subscribed to is subscribed again then. */
  #fail(
    { errorCode, reasonCode }: { errorCode: number; reasonCode: LinkStateChangeReasonCode },
    error: unknown,
    message = error instanceof Error ? error.message : String(error),
  ): void {
    const login = this.#login;
    this.#login = undefined;
    this.#link.end();
    this.#forget();
    this.#to('FAILED', ['SERVER_REJECT', reasonCode]);
    login?.reject(rtmError('login', errorCode, message, error));
    this.#token.renewals.fail(errorCode, message, error);
  }

  #forget(): void {
    this.#session = undefined;
    this.#lostMs = undefined;
    this.#suspended = false;
  }

  #cancelLogin(reason: string): void {
    const login = this.#login;
    this.#login = undefined;
    login?.reject(rtmError('login', 'LOGIN_CANCELED', reason));
  }

  #to(state: LinkState, [operation, reasonCode]: Cause, more: Partial<LinkStateEvent> = {}): void {
    const previousState = this.#state;
    this.#state = state;
    this.#handlers.onState({
      currentState: state,
      previousState,
      serviceType: 'MESSAGE',
      operation,
      reason: LinkStateChangeReasonDescription[reasonCode],
      reasonCode,
      affectedChannels: this.#handlers.channels(),
      unrestoredChannels: [],
      isResumed: false,
      timestamp: environment.nowMs(),
      ...more,
    });
  }
}
