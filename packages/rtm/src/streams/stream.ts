import type { SignalingChannelEnded } from '@housecount/protocol';
import { rtmError } from '../errors/errors.ts';
import type { LinkOperation, LinkStateChangeReasonCode, LinkStateEvent } from '../events/events.ts';
import { askPatiently } from '../link/asking.ts';
import { rejectionOf } from '../link/rejection.ts';
import { isLost, isRefusal, requestError } from '../link/request-error.ts';
import type { RequestBody } from '../link/signaling-frames.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import { renewed, TokenRenewals } from '../link/token-renewals.ts';
import { environment } from '../settings/environment.ts';
import type { Log } from '../settings/log.ts';
import type { OwnStates } from '../states/own-states.ts';
import type { ToldStates } from '../states/told-states.ts';
import { type Cause, causeOfRefusal, type StreamState, streamEvent } from './stream-event.ts';
import { StreamTopics } from './stream-topics.ts';

/** The options of a membership in a stream channel. */
export interface Membership {
  readonly withPresence: boolean;
  readonly withMetadata: boolean;
  readonly withLock: boolean;
  readonly beQuiet: boolean;
}

/** The parts that the stream channels of a client share. */
export interface StreamContext {
  readonly link: SignalingLink;
  readonly log: Log;
  readonly states: OwnStates;
  readonly told: ToldStates;
  onState(event: LinkStateEvent): void;
}

/** Time for a lost connection to come back before the channel is given up, milliseconds (the API's figure). */
const lostMsMax = 20 * 60_000;
/** Time until a restoration is tried again that the server did not answer, milliseconds. Chosen. */
const retryMs = 2_000;

/** One stream channel of a client: what the app wants there, kept over every loss of the connection, and its link state. */
export class Stream {
  readonly channel: string;
  readonly topics: StreamTopics;
  readonly #context: StreamContext;
  #state: StreamState = 'IDLE';
  /** The current membership; undefined when the app is not in the channel, or no longer wants to be. */
  #current: Membership | undefined;
  /** A join that is not answered yet, and the function that makes it fail now. */
  #joining: { readonly wanted: Membership; readonly cancel: () => void } | undefined;
  #token: string | undefined;
  /** Replaced at every join and end: work that began before it is ignored. */
  #life: object = {};
  /** The server may have something else than `#current`. */
  #doubtful = false;
  /** A new token that the server has still to be told. */
  #tokenIsNew = false;
  readonly #renewals = new TokenRenewals();
  #cancelGivingUp: () => void = () => undefined;
  #cancelRetry: () => void = () => undefined;
  /** A restoration that is not done. */
  #halfway: { readonly resumed: boolean } | undefined;

  constructor(channel: string, context: StreamContext) {
    this.channel = channel;
    this.#context = context;
    this.topics = new StreamTopics(channel, context.link);
  }

  /** The membership, current or being joined: frames of the channel go to the app while there is one. */
  get membership(): Membership | undefined {
    return this.#joining?.wanted ?? this.#current;
  }

  /** True when states are sent to the server at once: the app is in the channel and connected. */
  get isIn(): boolean {
    return this.#current !== undefined && this.#state === 'CONNECTED';
  }

  /** True when there is nothing to remember of the channel. */
  get isIdle(): boolean {
    return this.#state === 'IDLE' && !this.#doubtful && !this.#joining;
  }

  /** Joins, or changes the options of the membership. Resolves with the server's time. */
  async join(wanted: Membership, token: string | undefined): Promise<number> {
    const operation = 'join';
    const isSecond = this.#joining !== undefined;
    this.#cancelJoin();
    const life = this.#begin();
    const anew = !this.#current;
    // A restoration that this join interrupts is done with it.
    const halfway = this.#halfway;
    const cancelled = new Promise<never>((_, reject) => {
      const reason = 'Another join, a leave or a logout took the place of this one';
      this.#joining = { wanted, cancel: () => reject(rtmError(operation, 'CHANNEL_JOIN_CANCELED', reason)) };
    });
    if (this.#state !== 'CONNECTED')
      this.#to('CONNECTING', ['JOIN', this.#state === 'FAILED' ? 'REJOIN' : 'JOIN']);
    // A listener may have left again.
    if (this.#life !== life) return cancelled;
    try {
      const serverMs = await Promise.race([
        this.#enter(wanted, token, anew || halfway?.resumed === false),
        cancelled,
      ]);
      const isWhole =
        !halfway ||
        (await Promise.race([this.topics.restore(halfway.resumed, () => this.#life === life), cancelled]));
      this.#joining = undefined;
      this.#restored();
      this.#current = wanted;
      this.#token = token;
      this.#doubtful = false;
      if (this.#state !== 'CONNECTED')
        this.#to('CONNECTED', ['JOIN', 'JOIN_SUCCESS'], {
          timestamp: serverMs,
          unrestoredChannels: isWhole ? [] : [this.channel],
        });
      if (anew || halfway) this.#context.told.flush(this.channel);
      return serverMs;
    } catch (error) {
      if (this.#life !== life) throw error;
      this.#joining = undefined;
      // A server that refused only the states has let the user in; so it may have at the join that this one cancelled.
      this.#doubtful =
        !isRefusal(error) ||
        !anew ||
        isSecond ||
        Object.keys(this.#context.states.wanted(this.channel)).length > 0;
      if (anew && this.#doubtful) void this.#tellLeft();
      if (anew) this.#to('FAILED', causeOfRefusal(error));
      else if (isRefusal(error) && halfway) this.#fail(...causeOfRefusal(error));
      throw requestError(operation, error, { lost: 'CHANNEL_JOIN_FAILED', timeout: 'CHANNEL_JOIN_FAILED' });
    }
  }

  /** Leaves; without a connection that is done here, and the server hears of it later. Resolves with a time or 0. */
  async leave(): Promise<number> {
    const operation = 'leave';
    if (!this.#current && !this.#joining && this.#state !== 'FAILED')
      throw rtmError(operation, 'CHANNEL_NOT_JOINED', 'The channel is not joined');
    this.#cancelJoin();
    const life = this.#begin();
    this.#forget();
    this.#doubtful = true;
    this.#to('IDLE', ['LEAVE', 'LEAVE']);
    if (this.#context.link.state !== 'CONNECTED') return 0;
    try {
      const { serverMs } = await askPatiently(this.#context.link, this.#leaving);
      if (this.#life === life) this.#doubtful = false;
      return serverMs;
    } catch (error) {
      if (isLost(error)) return 0;
      throw requestError(operation, error, { lost: 'CHANNEL_LEAVE_FAILED', timeout: 'CHANNEL_LEAVE_FAILED' });
    }
  }

  /** Puts a token in the place of the present one; while the connection is lost, when it is back. */
  async renew(token: string, operation: string): Promise<number> {
    if (this.#state !== 'CONNECTING' || !this.#current) this.needIn(operation);
    if (this.#state === 'CONNECTED') {
      const body = { type: 'renew-token', token, channel: this.channel } as const;
      const serverMs = await renewed(this.#context.link.request(body), operation);
      if (serverMs !== undefined) {
        this.#token = token;
        return serverMs;
      }
      if (!this.#current) throw rtmError(operation, 'NOT_CONNECTED', 'The session has ended');
    }
    this.#token = token;
    this.#tokenIsNew = true;
    return this.#renewals.wait(operation);
  }

  /** The connection is lost; with `forGood` until the app logs in. */
  lost(cause: Cause, forGood: boolean): void {
    this.#cancelRetry();
    if (!this.#current) return;
    // Operations from before the loss do not count on another connection.
    if (!this.#joining) this.#begin();
    if (forGood) {
      this.#cancelGivingUp();
      this.#renewals.fail('NOT_CONNECTED', 'The session has ended');
      if (this.#state !== 'FAILED') this.#to('FAILED', cause);
    } else if (this.#state === 'CONNECTED') {
      this.#cancelGivingUp();
      this.#cancelGivingUp = environment.after(lostMsMax, () => this.#giveUp());
      this.#to('CONNECTING', cause);
    }
  }

  /** The app has logged out. */
  loggedOut(): void {
    this.#cancelJoin();
    this.#begin();
    this.#forget();
    this.#doubtful = false;
    if (this.#state !== 'IDLE') this.#to('IDLE', ['LOGOUT', 'LOGOUT']);
  }

  /** The server has ended it. */
  ended(frame: SignalingChannelEnded): void {
    if (!this.#current || this.#joining) return;
    this.#begin();
    const { reasonCode } = rejectionOf({ ...frame, type: 'closing', retry: false });
    this.#doubtful = false;
    this.#fail('SERVER_REJECT', reasonCode);
  }

  /** The connection is back. With `livedOn` the session had lived on; one that was new before, and never whole, counts as new. */
  expectRestore(livedOn: boolean): void {
    if (this.#current) this.#halfway = { resumed: livedOn && this.#halfway?.resumed !== false };
  }

  /** Brings the server's session to what is wanted of it. */
  async restore(): Promise<void> {
    if (this.#joining) return;
    if (!this.#current) {
      if (this.#doubtful) await this.#tellLeft();
      return;
    }
    const life = this.#begin();
    const { resumed } = this.#halfway ?? { resumed: true };
    if (this.#state === 'FAILED') this.#to('CONNECTING', ['JOIN', 'REJOIN']);
    if (this.#life !== life) return;
    try {
      if (!resumed || this.#doubtful) {
        this.#tokenIsNew = false;
        await this.#enter(this.#current, this.#token, !resumed, true);
        if (this.#life !== life) return;
        this.#doubtful = false;
      }
      const isWhole = await this.topics.restore(resumed, () => this.#life === life);
      // Send also a token that came meanwhile.
      while (this.#life === life && this.#tokenIsNew) await this.#renewNow();
      if (this.#life !== life) return;
      this.#restored();
      this.#to('CONNECTED', ['RECONNECTED', 'RECONNECT_SUCCESS'], {
        unrestoredChannels: isWhole ? [] : [this.channel],
        isResumed: resumed && isWhole,
      });
      this.#renewals.done(environment.nowMs());
      this.#context.told.flush(this.channel);
    } catch (error) {
      if (this.#life !== life) return;
      this.#context.log.warn(`${this.channel} could not be joined again`, error);
      if (!isRefusal(error)) {
        // Lost again, or without an answer: the next connection restores it.
        this.#doubtful = true;
        if (this.#context.link.state === 'CONNECTED')
          this.#cancelRetry = environment.after(retryMs, () => void this.restore());
        return;
      }
      this.#begin();
      this.#fail(...causeOfRefusal(error), { unrestoredChannels: [this.channel] });
    }
  }

  /** −11006 once it has failed, −11001 if it is not joined, −11012 while its connection is being restored. */
  needIn(operation: string): void {
    if (this.#state === 'FAILED')
      throw rtmError(operation, 'CHANNEL_IN_ERROR_STATE', 'The channel has failed; join it again');
    if (!this.#current) throw rtmError(operation, 'CHANNEL_NOT_JOINED', 'The channel is not joined');
    if (this.#state !== 'CONNECTED')
      throw rtmError(operation, 'CHANNEL_NOT_AVAILABLE', 'The connection of the channel is being restored');
  }

  async #enter(
    wanted: Membership,
    token: string | undefined,
    anew: boolean,
    patient = false,
  ): Promise<number> {
    const { link, states } = this.#context;
    const { channel } = this;
    const life = this.#life;
    const included = states.changes(channel);
    const given = states.wanted(channel);
    const withStates = anew && Object.keys(given).length > 0;
    const body = {
      type: 'subscribe',
      channelType: 'STREAM',
      channel,
      ...wanted,
      ...(token !== undefined && { token }),
      ...(withStates && { states: given }),
    } as const;
    try {
      const { serverMs } = await (patient ? askPatiently(link, body) : link.request(body));
      // A channel that was left meanwhile has no states.
      if (anew && this.#life === life) states.begin(channel, given, included);
      return serverMs;
    } catch (error) {
      if (withStates && !isRefusal(error) && this.membership)
        states.doubt(channel, { type: 'set', states: given });
      throw error;
    }
  }

  async #renewNow(): Promise<void> {
    const token = this.#token ?? '';
    this.#tokenIsNew = false;
    try {
      await askPatiently(this.#context.link, { type: 'renew-token', token, channel: this.channel });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The former one is still good: the session lives.
      this.#renewals.fail('INVALID_TOKEN', error.end.reason);
    }
  }

  async #tellLeft(): Promise<void> {
    const life = this.#life;
    try {
      await askPatiently(this.#context.link, this.#leaving);
    } catch (error) {
      if (!isRefusal(error)) return;
    }
    if (this.#life === life) this.#doubtful = false;
  }

  get #leaving(): RequestBody {
    return { type: 'unsubscribe', channelType: 'STREAM', channel: this.channel };
  }

  #giveUp(): void {
    this.#begin();
    this.#doubtful = true;
    this.#fail('AUTO_RECONNECT', 'RECONNECT_TIMEOUT', { unrestoredChannels: [this.channel] });
  }

  #fail(
    operation: LinkOperation,
    reasonCode: LinkStateChangeReasonCode,
    more: Partial<LinkStateEvent> = {},
  ): void {
    this.#forget();
    this.#to('FAILED', [operation, reasonCode], more);
  }

  #begin(): object {
    this.#life = {};
    return this.#life;
  }

  /** Nothing is wanted of the channel any more. */
  #forget(): void {
    this.#restored();
    this.#cancelRetry();
    this.#current = undefined;
    this.#token = undefined;
    this.#tokenIsNew = false;
    this.topics.clear();
    this.#context.states.forget(this.channel);
    this.#renewals.fail('CHANNEL_NOT_JOINED', 'The channel is not joined any more');
  }

  #restored(): void {
    this.#cancelGivingUp();
    this.#halfway = undefined;
  }

  #cancelJoin(): void {
    const joining = this.#joining;
    this.#joining = undefined;
    joining?.cancel();
  }

  #to(state: StreamState, [operation, reasonCode]: Cause, more: Partial<LinkStateEvent> = {}): void {
    const previousState = this.#state;
    this.#state = state;
    this.#context.onState(streamEvent(this.channel, state, previousState, [operation, reasonCode], more));
  }
}
