import { type Code, codes, type Evidence, type SignalingChannelEnded } from '@housecount/protocol';
import { stampOf } from '../../clock.ts';
import type { SignalingRequest } from '../../log/contract.ts';
import { signalingKey } from '../../log/world.ts';
import type { RosterHold } from '../../rosters/roster-stream.ts';
import type { Permissions } from '../../token/permissions.ts';
import type { SignalingConnection } from '../connection.ts';
import type { SignalingApp, SignalingContext } from '../context.ts';
import { channelEnded } from '../messages/put-out.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import type { identityOf } from '../names/identity.ts';
import { FollowedRosters } from './followed-rosters.ts';
import { LockWaits } from './lock-waits.ts';
import type { Rates } from './rates.ts';
import { StreamMembership } from './stream-membership.ts';
import { followStorage, Subscription, type SubscriptionOptions } from './subscription.ts';
import { Telling } from './telling.ts';

export interface SessionStart {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly identity: ReturnType<typeof identityOf>;
  /** Silence allowed, milliseconds. */
  readonly leaseMs: number;
  /** End of the login privilege, epoch milliseconds; absent: never. */
  readonly tokenEndsMs?: number;
  /** What the user may do, and has done of it a moment ago. */
  readonly rates: Rates;
  /** What its token allows; absent: everything. */
  readonly permissions?: Permissions;
  /** The id of the one that the client came back for, which had ended. */
  readonly insteadOf?: string;
}

/**
 * One user who is logged in: their subscriptions, and the connection that they have, or had until a moment ago. What it
 * is a member of is in the log; this is what the log does not know.
 */
export class Session {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly identity: SessionStart['identity'];
  readonly waits = new LockWaits();
  readonly rates: Rates;
  readonly insteadOf: string | undefined;
  leaseMs: number;
  tokenEndsMs: number | undefined;
  permissions: Permissions | undefined;
  /** token-will-expire was sent for this end. */
  warned = false;
  /** False for one from before a restart, until its client has heard that it must subscribe anew. */
  isWhole = true;
  /** As the log has it, or will have it once what was submitted is decided. */
  link: 'live' | 'silent' = 'live';
  /** When anything was last heard, by the clock that only runs. */
  heardMs: number;
  /** Of the last connection; empty before the first. */
  address = '';
  readonly #context: SignalingContext;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Of the stream channels among them. */
  readonly #streams = new Map<string, StreamMembership>();
  /** Stream channels that it lost while it had no connection to be told on. */
  readonly #lostStreams = new Map<string, SignalingChannelEnded>();
  /** Users whose metadata it follows, each with the end of it where it has a connection. */
  readonly #followed = new Map<string, () => void>();
  /** Rosters that its connection follows: they end with it, and the client asks again from where it is. */
  readonly #rosters = new FollowedRosters();
  /** What came while it had no connection. At most one for each lock that it waited for, and each channel it is put out of. */
  #late: (() => void)[] = [];
  #connection: SignalingConnection | undefined;
  /** Of that connection. */
  #telling: Telling | undefined;
  #isOver = false;

  constructor(context: SignalingContext, start: SessionStart) {
    this.#context = context;
    this.id = start.id;
    this.app = start.app;
    this.userId = start.userId;
    this.identity = start.identity;
    this.leaseMs = start.leaseMs;
    this.rates = start.rates;
    this.tokenEndsMs = start.tokenEndsMs;
    this.permissions = start.permissions;
    this.insteadOf = start.insteadOf;
    this.heardMs = context.clock.steadyMs();
  }

  get connection(): SignalingConnection | undefined {
    return this.#connection;
  }

  /** It has a connection, of which something was heard of late. */
  get isHere(): boolean {
    return this.#connection !== undefined && this.link === 'live';
  }

  /** It has ended: whatever it still asks for is undone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions;
  }

  /** The connection is the session's from now on, in place of any other; subscriptions begin to be told to it. */
  attach(connection: SignalingConnection): void {
    this.handOver();
    this.#connection = connection;
    const { socket } = connection;
    const telling = new Telling(socket);
    this.#telling = telling;
    this.address = connection.socket.address;
    this.link = 'live';
    this.heardMs = this.#context.clock.steadyMs();
    for (const subscription of this.#subscriptions.values()) subscription.start(socket, telling);
    for (const stream of this.#streams.values()) stream.start(socket, telling);
    for (const lost of this.#lostStreams.values()) connection.send(lost);
    this.#lostStreams.clear();
    for (const userId of this.#followed.keys()) this.#follow(userId);
    for (const answer of this.#late.splice(0)) answer();
    this.#tryLocks();
  }

  /** The connection is gone without a goodbye: the session is silent since it was last heard. */
  detach(connection: SignalingConnection, heardMs: number): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.lost(heardMs);
  }

  /** It has no connection: until one comes back it is silent. The log ends it with its lease or, without subscriptions, the sweep. */
  lost(heardMs: number): void {
    if (this.#connection || this.#isOver) return;
    this.heardMs = heardMs;
    this.#unlisten();
    this.tellSilent('socket-closed');
  }

  /** What the log says that it is subscribed to, after a restart of the server. */
  restore(key: ChannelKey, options: SubscriptionOptions): void {
    const name = signalingKey(key);
    this.#subscriptions.set(name, new Subscription(key, this.userId, options, this.#context));
    if (key.channelType !== 'STREAM') return;
    this.#lostStreams.delete(name);
    if (!this.#streams.has(name)) this.#streams.set(name, new StreamMembership(key, this.#context));
  }

  /** Another connection takes its place: no silence between them. */
  handOver(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#unlisten();
    connection?.end('replaced');
  }

  tellSilent(evidence: Evidence): void {
    this.link = 'silent';
    const { heardMs } = this;
    for (const { key } of this.#subscriptions.values()) this.#tellSilent(key, evidence, heardMs);
  }

  tellHeard(): void {
    this.link = 'live';
    for (const { key } of this.#subscriptions.values())
      this.#submit(key, { type: 'heard', connectionId: this.id });
    this.#tryLocks();
  }

  /** Keeps a subscription that the log has taken, in place of one of the same channel. Undone if the session is over. */
  keep(key: ChannelKey, options: SubscriptionOptions): void {
    if (this.#isOver) {
      this.#submit(key, { type: 'leave', connectionId: this.id, evidence: 'bye' });
      return;
    }
    const before = this.#subscriptions.get(signalingKey(key));
    this.restore(key, options);
    // Until the answer is sent the socket is told what it was told before: nothing is missed in between.
    if (before) this.#subscriptions.get(signalingKey(key))?.takeOver(before);
    this.stream(key)?.entered();
    if (!this.#connection) this.#tellSilent(key, 'socket-closed', this.heardMs);
  }

  /** Begins to tell the session's socket, if it has one, what happens in the channel. */
  listen(key: ChannelKey): void {
    if (!this.#connection || !this.#telling) return;
    const name = signalingKey(key);
    this.#subscriptions.get(name)?.start(this.#connection.socket, this.#telling);
    this.#streams.get(name)?.start(this.#connection.socket, this.#telling);
  }

  /** The connection has taken what was sent, or some of it: there may be room for what waits to be told. */
  tellMore(): void {
    this.#telling?.go();
    this.#rosters.drained();
  }

  get followedUsers(): number {
    return this.#followed.size;
  }

  /** Is it told a user's metadata? */
  follows(userId: string): boolean {
    return this.#followed.has(userId);
  }

  /** Tells the session a user's metadata and its changes, from now on. */
  followUser(userId: string): void {
    this.unfollowUser(userId);
    this.#followed.set(userId, nothing);
    this.#follow(userId);
  }

  get followed(): Iterable<string> {
    return this.#followed.keys();
  }

  unfollowUser(userId: string): void {
    this.#followed.get(userId)?.();
    this.#followed.delete(userId);
  }

  /** Rosters, and views of them, that its connection follows. */
  get rosters(): number {
    return this.#rosters.size;
  }

  followsRoster(key: ChannelKey, view: string): boolean {
    return this.#rosters.has(key, view);
  }

  /** Its connection, if it has one, is told what `begin` begins to tell it; in place of the same view of the channel. */
  followRoster(key: ChannelKey, view: string, begin: (connection: SignalingConnection) => RosterHold): void {
    const connection = this.#connection;
    if (connection) this.#rosters.follow(key, view, () => begin(connection));
  }

  leaveRoster(key: ChannelKey, view: string): void {
    this.#rosters.leave(key, view);
  }

  /** Channels whose roster it follows. */
  get rosterChannels(): Iterable<ChannelKey> {
    return this.#rosters.channels();
  }

  /** The client is told that all it follows of a channel's roster is over. */
  rosterEnded({ app, channelType, channel }: ChannelKey, code: Code): void {
    if (!this.#rosters.end({ app, channelType, channel })) return;
    this.#connection?.send({
      type: 'roster-ended',
      channelType,
      channel,
      code,
      message: codes[code].message,
    });
  }

  /** Channels of a kind that it subscribes to. */
  countOf(channelType: ChannelKey['channelType']): number {
    return channelType === 'STREAM' ? this.#streams.size : this.#subscriptions.size - this.#streams.size;
  }

  /** What it has in a stream channel; undefined if it is not in it. */
  stream(key: ChannelKey): StreamMembership | undefined {
    return this.#streams.get(signalingKey(key));
  }

  get streams(): Iterable<StreamMembership> {
    return this.#streams.values();
  }

  /** Publishers of topics whose messages it gets, in all channels. */
  get followedPublishers(): number {
    let count = 0;
    for (const { publishers } of this.#streams.values()) count += publishers;
    return count;
  }

  /** It is no longer in a stream channel: its waits for locks there end, and the client is told, now or when it is back. */
  streamEnded(key: ChannelKey, code: Code): void {
    this.waits.endAll(key);
    if (!this.drop(key)) return;
    const frame = channelEnded(key.channel, code);
    if (this.#connection) this.#connection.send(frame);
    else this.#lostStreams.set(signalingKey(key), frame);
  }

  /** Says what waited, when there is a connection to do it on. */
  answerLate(answer: (connection: SignalingConnection) => void): void {
    if (this.#isOver) return;
    const give = () => {
      if (this.#connection) answer(this.#connection);
    };
    if (this.#connection) give();
    else this.#late.push(give);
  }

  /** Nothing of the channel is told any more; the log is the caller's. */
  drop(key: ChannelKey): boolean {
    const name = signalingKey(key);
    const subscription = this.#subscriptions.get(name);
    subscription?.stop();
    this.#streams.get(name)?.stop();
    this.#streams.delete(name);
    return this.#subscriptions.delete(name);
  }

  /**
   * Ends the session: its connection is told why, its memberships leave on this evidence (undefined: the log has ended
   * them). Resolves when that is durable.
   */
  async end(code: Code, evidence: Evidence | undefined): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.sessions.forget(this, code);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#telling?.end();
    this.waits.endAll();
    for (const userId of [...this.#followed.keys()]) this.unfollowUser(userId);
    this.#rosters.end();
    this.#late = [];
    const left: Promise<unknown>[] = [];
    for (const { key } of this.#subscriptions.values()) {
      this.drop(key);
      if (evidence) left.push(this.#submit(key, { type: 'leave', connectionId: this.id, evidence }));
    }
    // Another session of the user has their locks from now on.
    if (code !== 'replaced') left.push(this.#context.sessions.holderGone(this.app.id, this.userId));
    // A goodbye is answered when it is done; who is thrown out is told at once.
    if (code !== 'left') connection?.end(code);
    await Promise.all(left);
    if (code === 'left') connection?.end(code);
  }

  /** What was freed while it was not there it may have now. */
  #tryLocks(): void {
    for (const lock of this.waits.locks()) this.#context.waiters.freed(lock);
  }

  #unlisten(): void {
    this.#telling?.end();
    this.#telling = undefined;
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    for (const stream of this.#streams.values()) stream.stop();
    this.#rosters.end();
    for (const [userId, stop] of this.#followed) {
      stop();
      this.#followed.set(userId, nothing);
    }
  }

  #follow(userId: string): void {
    if (!this.#connection || !this.#telling) return;
    this.#followed.get(userId)?.();
    const key = { app: this.app.id, channelType: 'USER', channel: userId } as const;
    const begin = followStorage(this.#context, this.#connection.socket, key);
    this.#followed.set(userId, this.#telling.begin(begin));
  }

  #tellSilent(key: ChannelKey, evidence: Evidence, heardMs: number): void {
    const lastHeardMs = stampOf(this.#context.clock, heardMs);
    this.#submit(key, { type: 'silent', connectionId: this.id, lastHeardMs, evidence });
  }

  /** A fact: the log takes it sooner or later, or the process is about to end. */
  async #submit(key: ChannelKey, fact: SignalingRequest): Promise<void> {
    try {
      await this.#context.log.signaling(key, fact);
    } catch (cause) {
      this.#context.logger.warn('what became of a session could not be logged', {
        session: this.id,
        fact: fact.type,
        cause: String(cause),
      });
    }
  }
}

const nothing = (): void => {};
