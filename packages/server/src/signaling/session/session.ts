import { type Code, codes, type Evidence } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { RosterHold } from '../../rosters/roster-stream.ts';
import type { Permissions } from '../../token/permissions.ts';
import type { LockWaiters } from '../locks/lock-waiters.ts';
import { channelEnded } from '../messages/put-out.ts';
import type { SignalingApp } from '../names/app.ts';
import { type ChannelKey, placeOf } from '../names/channel-key.ts';
import { type Home, homeOf } from '../names/home.ts';
import type { identityOf } from '../names/identity.ts';
import type { AppSignalingLimits } from '../signaling-limits.ts';
import { LockWaits } from './lock-waits.ts';
import type { News } from './news.ts';
import type { Rates } from './rates/rates.ts';
import type { SessionConnection } from './session-connection.ts';
import type { SessionFacts } from './session-facts.ts';
import type { FollowedRosters } from './subscription/followed-rosters.ts';
import type { FollowedUsers } from './subscription/followed-users.ts';
import type { SubscriptionOptions } from './subscription/subscription.ts';
import type { Subscriptions } from './subscription/subscriptions.ts';

export interface SessionStart {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly identity: ReturnType<typeof identityOf>;
  /** Silence allowed, milliseconds. */
  readonly leaseMs: number;
  /** End of the login privilege, epoch milliseconds; absent: never. */
  readonly tokenEndsMs?: number;
  /** The user's budgets of requests, less what they used a moment ago. */
  readonly rates: Rates;
  /** The permissions that its token has; absent: everything. */
  readonly permissions?: Permissions;
  /** The id of the one that the client came back for, which was no more: it may not have heard of this one. */
  readonly insteadOf?: string;
  /** The number of the attempt with which the client came. */
  readonly attempt?: number;
}

/** The owner of the sessions. */
export interface SessionOwner {
  /** The session has ended. */
  forget(session: Session, code: Code): void;
  /** The user is offline: their locks run out. Resolves when that is durable. */
  holderGone(app: string, userId: string): Promise<void>;
}

export interface SessionParts {
  readonly owner: SessionOwner;
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly waiters: Pick<LockWaiters, 'freed'>;
  readonly news: News;
  readonly facts: Pick<SessionFacts, 'silent' | 'heard' | 'left'>;
}

/**
 * One user who is logged in: what they subscribe to, and the connection that they have, or had until a moment ago. What it
 * is a member of is in the log; this is what the log does not know.
 */
export class Session {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly identity: SessionStart['identity'];
  /** Where the log has it as a member, for as long as it is. */
  readonly home: Home;
  readonly insteadOf: string | undefined;
  /** The number of the newest attempt of its client that was taken. */
  attempt: number;
  readonly rates: Rates;
  /** The limits of the user, as the app has set them at the login. */
  readonly limits: AppSignalingLimits;
  readonly waits = new LockWaits();
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
  /** The address of the last connection; empty before the first. */
  address = '';
  readonly #parts: SessionParts;
  /** The log is asked to take it. */
  isEntering = false;
  #isEntered = false;
  /** The attachment of its own membership; undefined: it knows none. */
  #attachment: number | undefined;
  #connection: SessionConnection | undefined;
  #isOver = false;

  constructor(parts: SessionParts, start: SessionStart) {
    this.#parts = parts;
    this.id = start.id;
    this.app = start.app;
    this.userId = start.userId;
    this.identity = start.identity;
    this.home = homeOf(start.app.id, start.userId);
    this.leaseMs = start.leaseMs;
    this.rates = start.rates;
    this.limits = start.rates.limits;
    this.tokenEndsMs = start.tokenEndsMs;
    this.permissions = start.permissions;
    this.insteadOf = start.insteadOf;
    this.attempt = start.attempt ?? 0;
    this.heardMs = parts.clock.steadyMs();
  }

  /** The log has, or had, it as a member of its user's own channel. */
  get isEntered(): boolean {
    return this.#isEntered;
  }

  /** The log has taken it, or attached it anew; undefined: it had it before, and what attachment that was is not known. */
  entered(attachment: number | undefined): void {
    this.#isEntered = true;
    this.#attachment = attachment;
  }

  get subscriptions(): Subscriptions {
    return this.#parts.news.subscriptions;
  }

  get users(): FollowedUsers {
    return this.#parts.news.users;
  }

  get rosters(): FollowedRosters {
    return this.#parts.news.rosters;
  }

  get connection(): SessionConnection | undefined {
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

  /** The connection is the session's from now on, in place of any other; subscriptions begin to be told to it. */
  attach(connection: SessionConnection): void {
    this.handOver();
    this.#connection = connection;
    this.address = connection.socket.address;
    this.link = 'live';
    this.heardMs = this.#parts.clock.steadyMs();
    this.#parts.news.start(connection);
    this.#tryLocks();
  }

  /** The connection is gone without a goodbye: the session is silent since it was last heard. */
  detach(connection: SessionConnection, heardMs: number): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.lost(heardMs);
  }

  /** It has no connection: until one comes back it is silent. The log ends it with its lease. */
  lost(heardMs: number): void {
    if (this.#connection || this.#isOver) return;
    this.heardMs = heardMs;
    this.#parts.news.stop();
    this.tellSilent('socket-closed');
  }

  /** Another connection takes its place: no silence between them. */
  handOver(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#parts.news.stop();
    connection?.end('replaced');
  }

  tellSilent(evidence: Evidence): void {
    this.link = 'silent';
    this.#tellSilent(this.home, evidence, this.#attachment);
    for (const key of this.subscriptions.keys())
      this.#tellSilent(key, evidence, this.subscriptions.attachmentOf(key));
  }

  tellHeard(): void {
    this.link = 'live';
    this.#parts.facts.heard(this.home, this.#attachment);
    for (const key of this.subscriptions.keys())
      this.#parts.facts.heard(key, this.subscriptions.attachmentOf(key));
    this.#tryLocks();
  }

  /** Restores a subscription that the log has, after a restart of the server. */
  restore(key: ChannelKey, options: SubscriptionOptions): void {
    this.#parts.news.restore(key, options);
  }

  /** Keeps a subscription that the log has taken, in place of one of the same channel. Undone if the session is over. */
  keep(key: ChannelKey, options: SubscriptionOptions, attachment: number): void {
    if (this.#isOver) {
      void this.#parts.facts.left(key, 'bye');
      return;
    }
    this.#parts.news.keep(key, options, attachment);
    if (!this.#connection) this.#tellSilent(key, 'socket-closed', attachment);
  }

  /** The connection has taken what was sent, or some of it: there may be room for what waits to be told. */
  tellMore(): void {
    this.#parts.news.tellMore();
  }

  /** Its connection, if it has one, is told what `begin` begins to tell it; in place of the same view of the channel. */
  followRoster(key: ChannelKey, view: string, begin: (connection: SessionConnection) => RosterHold): void {
    const connection = this.#connection;
    if (connection) this.rosters.follow(key, view, () => begin(connection));
  }

  /** The client is told that all it follows of a channel's roster is over. */
  rosterEnded(key: ChannelKey, code: Code): void {
    if (!this.rosters.end(key)) return;
    const { message } = codes[code];
    this.#connection?.send({ type: 'roster-ended', ...placeOf(key), code, message });
  }

  /** It is no longer in a stream channel: its waits for locks there end, and the client is told, now or when it is back. */
  streamEnded(key: ChannelKey, code: Code): void {
    this.waits.endAll(key);
    if (!this.subscriptions.drop(key)) return;
    const frame = channelEnded(key.name, code);
    if (this.#connection) this.#connection.send(frame);
    else this.#parts.news.endedLate(key, frame);
  }

  /** Says what waited, when there is a connection to do it on. */
  answerLate(answer: (connection: SessionConnection) => void): void {
    if (this.#isOver) return;
    if (this.#connection) answer(this.#connection);
    else this.#parts.news.answeredLate(answer);
  }

  /**
   * Ends the session: its connection is told why, its memberships leave on this evidence (undefined: the log has ended
   * them). Resolves when that is durable.
   */
  async end(code: Code, evidence: Evidence | undefined): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { owner, news, facts } = this.#parts;
    owner.forget(this, code);
    const connection = this.#connection;
    this.#connection = undefined;
    this.waits.endAll();
    news.end();
    const left: Promise<unknown>[] = evidence ? [facts.left(this.home, evidence)] : [];
    for (const key of this.subscriptions.keys()) {
      this.subscriptions.drop(key);
      if (evidence) left.push(facts.left(key, evidence));
    }
    // Another session of the user has their locks from now on.
    if (code !== 'replaced') left.push(owner.holderGone(this.app.id, this.userId));
    // A goodbye is answered when it is done; who is thrown out is told at once.
    if (code !== 'left') connection?.end(code);
    await Promise.all(left);
    if (code === 'left') connection?.end(code);
  }

  #tellSilent(key: ChannelKey | Home, evidence: Evidence, attachment: number | undefined): void {
    this.#parts.facts.silent(key, evidence, this.heardMs, attachment);
  }

  /** Tries again for the locks that it waits for, which may have been freed while it had no connection. */
  #tryLocks(): void {
    for (const lock of this.waits.locks()) this.#parts.waiters.freed(lock);
  }
}
