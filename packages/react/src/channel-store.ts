import type { RTMClient, RTMEvents, StateDetail } from '@housecount/rtm';

/** The part of a signaling client that the hooks need. */
export type ChannelClient = Pick<
  RTMClient,
  'subscribe' | 'unsubscribe' | 'addEventListener' | 'removeEventListener'
> & { readonly presence: Pick<RTMClient['presence'], 'getOnlineUsers'> };

export interface ChannelOptions {
  /** Messages kept, the newest; 200 unless given. */
  readonly messagesMax?: number;
  /** Others are not told of this user. */
  readonly beQuiet?: boolean;
}

/** A channel at one moment; another object after each change. */
export interface ChannelView {
  /** `waiting`: for the login, or the server's answer. `failed`: `error` says why; the next login tries again. */
  readonly status: 'waiting' | 'subscribed' | 'failed';
  /**
   * The rejection of `subscribe`, or the `linkState` or `token` event that said that the subscription is over; both have a
   * `reason`. undefined unless `failed`.
   */
  readonly error: unknown;
  /**
   * The users in the channel with their states; this user's own are those of the last snapshot, for the server does not report
   * them later. In a channel of more than 10,000, or where states are long, not everybody is listed; `occupancy` counts all.
   */
  readonly users: ReadonlyMap<string, Readonly<StateDetail>>;
  readonly occupancy: number;
  /** Oldest first. */
  readonly messages: readonly RTMEvents.MessageEvent[];
}

/** Before anything is known. */
export const emptyView: ChannelView = {
  status: 'waiting',
  error: undefined,
  users: new Map(),
  occupancy: 0,
  messages: [],
};
const messagesMaxDefault = 200;
/** A snapshot of fewer users has them all; one of more may have ended for its number or its length (docs/signaling.md). */
const snapshotUsersSure = 100;
const notConnected = -10025;

/** A subscription to a channel, for as long as somebody looks at it, and what came of it. */
class ChannelStore {
  readonly #client: ChannelClient;
  readonly #channel: string;
  readonly #options: ChannelOptions;
  readonly #onUnused: () => void;
  readonly #watchers = new Set<() => void>();
  #view = emptyView;
  #isStarted = false;
  /** The client subscribed, and restores that by itself, until it is over. */
  #stands = false;
  /** Counts what was asked of the server, so that a late answer is known as such. */
  #attempt = 0;

  constructor(client: ChannelClient, channel: string, options: ChannelOptions, onUnused: () => void) {
    this.#client = client;
    this.#channel = channel;
    this.#options = options;
    this.#onUnused = onUnused;
  }

  get view(): ChannelView {
    return this.#view;
  }

  /** Subscribes with the first watcher, and unsubscribes a moment after the last, unless another has come. */
  watch(changed: () => void): () => void {
    // Each its own, also where the same function watches twice.
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    this.#start();
    return () => {
      this.#watchers.delete(watcher);
      // React takes a component out and puts it in again at once where it looks for mistakes.
      if (this.#watchers.size === 0) setTimeout(() => this.#stopIfUnused(), 0);
    };
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#client.addEventListener('linkState', this.#onLink);
    this.#client.addEventListener('token', this.#onToken);
    this.#client.addEventListener('presence', this.#onPresence);
    this.#client.addEventListener('message', this.#onMessage);
    void this.#subscribe();
  }

  #stopIfUnused(): void {
    if (this.#watchers.size > 0 || !this.#isStarted) return;
    this.#isStarted = false;
    this.#stands = false;
    this.#attempt++;
    this.#client.removeEventListener('linkState', this.#onLink);
    this.#client.removeEventListener('token', this.#onToken);
    this.#client.removeEventListener('presence', this.#onPresence);
    this.#client.removeEventListener('message', this.#onMessage);
    this.#view = emptyView;
    this.#onUnused();
    // There is nobody to report a failure to; a session that is over has no subscription either.
    this.#client.unsubscribe(this.#channel).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      await this.#client.subscribe(this.#channel, { beQuiet: this.#options.beQuiet === true });
      if (attempt === this.#attempt) this.#subscribed();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const isEarly = (error as { errorCode?: unknown } | null)?.errorCode === notConnected;
      this.#set(isEarly ? { status: 'waiting', error: undefined } : { status: 'failed', error });
    }
  }

  #subscribed(): void {
    this.#stands = true;
    this.#set({ status: 'subscribed', error: undefined });
  }

  /** A subscription that stood is restored by the client itself; one that never did, or is over, is tried again. */
  readonly #onLink = (event: RTMEvents.LinkStateEvent): void => {
    // Each stream channel has a link of its own.
    if (event.serviceType !== 'MESSAGE') return;
    const { currentState, unrestoredChannels } = event;
    if (currentState === 'IDLE') {
      this.#stands = false;
      this.#showNobody({ status: 'waiting', error: undefined });
    } else if (currentState === 'FAILED') {
      this.#showNobody({ status: 'failed', error: event });
    } else if (unrestoredChannels.includes(this.#channel)) {
      this.#ended(event);
    } else if (currentState === 'CONNECTED' && this.#view.status !== 'subscribed') {
      if (this.#stands) this.#subscribed();
      else void this.#subscribe();
    }
  };

  readonly #onToken = (event: RTMEvents.TokenEvent): void => {
    const { eventType, affectedResources } = event;
    if (eventType === 'READ_PERMISSION_REVOKED' && affectedResources.messageChannels.includes(this.#channel))
      this.#ended(event);
  };

  /** The server has ended the subscription, or would not restore it. */
  #ended(error: RTMEvents.LinkStateEvent | RTMEvents.TokenEvent): void {
    this.#stands = false;
    this.#showNobody({ status: 'failed', error });
  }

  #showNobody(change: Pick<ChannelView, 'status' | 'error'>): void {
    this.#attempt++;
    this.#set({ ...emptyView, messages: this.#view.messages, ...change });
  }

  readonly #onMessage = (event: RTMEvents.MessageEvent): void => {
    if (event.channelType !== 'MESSAGE' || event.channelName !== this.#channel) return;
    const { messagesMax = messagesMaxDefault } = this.#options;
    const messages = [...this.#view.messages, event];
    this.#set({ messages: messages.slice(Math.max(0, messages.length - messagesMax)) });
  };

  readonly #onPresence = (event: RTMEvents.PresenceEvent): void => {
    if (event.channelType !== 'MESSAGE' || event.channelName !== this.#channel) return;
    const { eventType, publisher, stateChanged, interval, snapshot } = event;
    if (eventType === 'SNAPSHOT' && snapshot) {
      const users = new Map(snapshot.map(({ userId, states }) => [userId, states]));
      this.#set({ users, occupancy: users.size });
      if (users.size >= snapshotUsersSure) void this.#count();
      return;
    }
    const users = new Map(this.#view.users);
    if (eventType === 'INTERVAL' && interval) {
      for (const userId of [...interval.leave.users, ...interval.timeout.users]) users.delete(userId);
      for (const userId of interval.join.users) users.set(userId, {});
      for (const { userId, states } of interval.userStateList) users.set(userId, states);
      this.#set({ users, occupancy: interval.totalOccupancy });
      return;
    }
    if (eventType === 'REMOTE_JOIN') users.set(publisher, users.get(publisher) ?? {});
    else if (eventType === 'REMOTE_STATE_CHANGED') users.set(publisher, stateChanged);
    else if (eventType === 'REMOTE_LEAVE' || eventType === 'REMOTE_TIMEOUT') users.delete(publisher);
    else return;
    this.#set({ users, occupancy: this.#view.occupancy + users.size - this.#view.users.size });
  };

  /** All who are there, where a snapshot cannot hold them. If it fails the next interval tells. */
  async #count(): Promise<void> {
    const attempt = this.#attempt;
    const options = { includedUserId: false, includedState: false };
    const counted = await this.#client.presence
      .getOnlineUsers(this.#channel, 'MESSAGE', options)
      .catch(() => undefined);
    if (!counted || attempt !== this.#attempt) return;
    // Users who are counted no more may be shown a little longer: a leave is told late (debounce).
    const occupancy = Math.max(counted.totalOccupancy, this.#view.users.size);
    if (occupancy !== this.#view.occupancy) this.#set({ occupancy });
  }

  #set(change: Partial<ChannelView>): void {
    this.#view = { ...this.#view, ...change };
    for (const watcher of [...this.#watchers]) watcher();
  }
}

const stores = new WeakMap<ChannelClient, Map<string, ChannelStore>>();

/** Looks at a client's channel from now on, until the returned function is called; the first to look decides the options. */
export function watchChannel(
  client: ChannelClient,
  channel: string,
  options: ChannelOptions,
  changed: () => void,
): () => void {
  const ofClient = stores.get(client) ?? new Map<string, ChannelStore>();
  stores.set(client, ofClient);
  const store =
    ofClient.get(channel) ?? new ChannelStore(client, channel, options, () => ofClient.delete(channel));
  ofClient.set(channel, store);
  return store.watch(changed);
}

/** The same object until something changes. */
export function viewOfChannel(client: ChannelClient, channel: string): ChannelView {
  return stores.get(client)?.get(channel)?.view ?? emptyView;
}
