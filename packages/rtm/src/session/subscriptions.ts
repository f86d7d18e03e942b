import { rtmError } from '../errors/errors.ts';
import { askPatiently } from '../link/asking.ts';
import { type FailureCodes, isLost, isRefusal, requestError } from '../link/request-error.ts';
import type { RequestBody } from '../link/signaling-frames.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import { environment } from '../settings/environment.ts';
import type { Log } from '../settings/log.ts';
import { OwnStates, type StateChange } from '../states/own-states.ts';
import { ToldStates } from '../states/told-states.ts';

/** The options of a subscription: the kinds of events it gets, and whether others are told of it. */
export interface Subscription {
  readonly withMessage: boolean;
  readonly withPresence: boolean;
  readonly withMetadata: boolean;
  readonly withLock: boolean;
  readonly beQuiet: boolean;
}

/** Channels subscribed at once (the API's figure). */
export const channelsMax = 100;
/** Attempts to subscribe to one channel in a period, milliseconds (the API's figures). */
export const attemptsMax = 2;
export const attemptsMs = 5_000;

interface Entry {
  /** The current subscription; undefined when the app is not subscribed, or no longer wants to be. */
  current?: Subscription;
  /** The subscription that was requested and is not answered yet. */
  asked?: Subscription;
  /** Identifies the last call: the answer to an earlier one is ignored. */
  latest: object;
  /** Replaced at every unsubscribe: answers to requests from before it are ignored. */
  life: object;
  /** The server may have something else than `current`. */
  doubtful: boolean;
}

/** The message channels of a session and one's own states in them, kept over every loss of the connection until logout. */
export class Subscriptions {
  readonly states = new OwnStates();
  readonly #link: SignalingLink;
  readonly #log: Log;
  readonly #told: ToldStates;
  readonly #entries = new Map<string, Entry>();
  readonly #attempts = new Map<string, number[]>();

  constructor(link: SignalingLink, log: Log) {
    this.#link = link;
    this.#log = log;
    this.#told = new ToldStates(this.states, 'MESSAGE', link, log);
  }

  /** Names of what is subscribed. */
  names(): string[] {
    return [...this.#entries].filter(([, entry]) => entry.current).map(([channel]) => channel);
  }

  /** The subscription whose frames go to the app: requested or current; undefined after an unsubscribe. */
  of(channel: string): Subscription | undefined {
    const entry = this.#entries.get(channel);
    return entry?.asked ?? entry?.current;
  }

  /** Subscribes, or changes what the subscription gets. Resolves with the server's time, epoch milliseconds. */
  async subscribe(channel: string, wanted: Subscription): Promise<number> {
    const operation = 'subscribe';
    this.#countAttempt(channel);
    const entry: Entry = this.#entries.get(channel) ?? { latest: {}, life: {}, doubtful: false };
    if (!entry.current && this.#entriesInUse() >= channelsMax)
      throw rtmError(
        operation,
        'CHANNEL_INSTANCE_EXCEED_LIMITATION',
        `No more than ${channelsMax} channels can be subscribed`,
      );
    this.#entries.set(channel, entry);
    const call = {};
    entry.latest = call;
    entry.asked = wanted;
    const { life } = entry;
    const anew = !entry.current;
    try {
      const serverMs = await this.#send(channel, wanted, anew);
      // Also of an earlier call: it is what there is if the last one is refused.
      if (entry.life === life) entry.current = wanted;
      if (entry.latest === call) {
        entry.asked = undefined;
        entry.doubtful = false;
        if (anew) this.#told.flush(channel);
      }
      return serverMs;
    } catch (error) {
      if (entry.latest === call) {
        entry.asked = undefined;
        entry.doubtful = !isRefusal(error);
        if (!entry.current && !entry.doubtful) this.#entries.delete(channel);
        if (entry.current && anew) this.#told.flush(channel);
      }
      throw requestError(operation, error, subscribeCodes);
    }
  }

  /** Unsubscribes; without a connection that is done here, and the server hears of it later. */
  async unsubscribe(channel: string): Promise<number> {
    const entry = this.#entries.get(channel);
    this.states.forget(channel);
    if (!entry) return 0;
    const call = {};
    entry.latest = call;
    entry.life = {};
    entry.current = undefined;
    entry.asked = undefined;
    entry.doubtful = true;
    if (this.#link.state !== 'CONNECTED') return 0;
    try {
      const { serverMs } = await askPatiently(this.#link, {
        type: 'unsubscribe',
        channelType: 'MESSAGE',
        channel,
      });
      if (entry.latest === call) this.#entries.delete(channel);
      return serverMs;
    } catch (error) {
      if (isLost(error)) return 0;
      if (isRefusal(error) && entry.latest === call) this.#entries.delete(channel);
      throw requestError('unsubscribe', error, {
        lost: 'CHANNEL_UNSUBSCRIBE_FAILED',
        timeout: 'CHANNEL_UNSUBSCRIBE_FAILED',
      });
    }
  }

  /** The server has ended the subscription; it is not restored. False if there was none that counts. */
  ended(channel: string): boolean {
    const entry = this.#entries.get(channel);
    if (!entry?.current) return false;
    entry.current = undefined;
    this.states.forget(channel);
    // A subscription that was asked for meanwhile has its own answer.
    if (!entry.asked) this.#entries.delete(channel);
    return true;
  }

  /** Changes one's own states: at once where subscribed and connected, else when that is so. Resolves with a time or 0. */
  async changeStates(channel: string, change: StateChange, operation: string): Promise<number> {
    this.states.add(channel, change);
    if (!this.#entries.get(channel)?.current || this.#link.state !== 'CONNECTED') return 0;
    return this.#told.send(channel, change, operation);
  }

  /** Brings a session to what is wanted of it; resolves with the channels where that failed. */
  async restore(resumed: boolean): Promise<string[]> {
    const failed = await Promise.all(
      [...this.#entries].map(async ([channel, entry]) => {
        if (entry.current) return (await this.#restoreOne(channel, entry, resumed)) ? undefined : channel;
        if (!entry.asked) await this.#forgetOne(channel, entry);
        return undefined;
      }),
    );
    return failed.filter((channel) => channel !== undefined);
  }

  /** The session is over, and nothing of it is wanted. */
  clear(): void {
    this.#entries.clear();
    this.#attempts.clear();
    this.states.forget();
  }

  async #restoreOne(channel: string, entry: Entry, resumed: boolean): Promise<boolean> {
    const { current, latest } = entry;
    if (!current) return true;
    if (resumed && !entry.doubtful) {
      this.#told.flush(channel);
      return true;
    }
    try {
      await this.#send(channel, current, !resumed, (body) => askPatiently(this.#link, body));
      if (entry.latest === latest) entry.doubtful = false;
      this.#told.flush(channel);
      return true;
    } catch (error) {
      this.#log.warn(`${channel} could not be subscribed again`, error);
      if (isRefusal(error) && entry.latest === latest) {
        this.#entries.delete(channel);
        this.states.forget(channel);
        return false;
      }
      // Lost again: the next connection restores it.
      entry.doubtful = true;
      return false;
    }
  }

  /** Also in a new session: a server that was restarted may have made it of what it knew. */
  async #forgetOne(channel: string, entry: Entry): Promise<void> {
    const { latest } = entry;
    try {
      await askPatiently(this.#link, { type: 'unsubscribe', channelType: 'MESSAGE', channel });
    } catch (error) {
      if (!isRefusal(error)) return;
    }
    if (entry.latest === latest) this.#entries.delete(channel);
  }

  async #send(
    channel: string,
    wanted: Subscription,
    anew: boolean,
    ask = (body: RequestBody) => this.#link.request(body),
  ): Promise<number> {
    const included = this.states.changes(channel);
    const states = this.states.wanted(channel);
    const sendStates = anew && Object.keys(states).length > 0;
    const latest = this.#entries.get(channel)?.latest;
    try {
      const { serverMs } = await ask({
        type: 'subscribe',
        channelType: 'MESSAGE',
        channel,
        ...wanted,
        ...(sendStates && { states }),
      });
      // A channel that was unsubscribed meanwhile has no states.
      if (anew && this.#entries.get(channel)?.latest === latest) this.states.begin(channel, states, included);
      return serverMs;
    } catch (error) {
      if (sendStates && !isRefusal(error) && this.of(channel))
        this.states.doubt(channel, { type: 'set', states });
      throw error;
    }
  }

  #entriesInUse(): number {
    return [...this.#entries.values()].filter((entry) => entry.current ?? entry.asked).length;
  }

  #countAttempt(channel: string): void {
    const nowMs = environment.passedMs();
    for (const [name, times] of this.#attempts)
      if (times.every((atMs) => nowMs - atMs >= attemptsMs)) this.#attempts.delete(name);
    const recent = (this.#attempts.get(channel) ?? []).filter((atMs) => nowMs - atMs < attemptsMs);
    if (recent.length >= attemptsMax)
      throw rtmError(
        'subscribe',
        'CHANNEL_SUBSCRIBE_TOO_FREQUENT',
        `A channel can be subscribed ${attemptsMax} times in ${attemptsMs / 1000} seconds`,
      );
    this.#attempts.set(channel, [...recent, nowMs]);
  }
}

const subscribeCodes: FailureCodes = {
  lost: 'CHANNEL_SUBSCRIBE_FAILED',
  timeout: 'CHANNEL_SUBSCRIBE_TIMEOUT',
};
