import type { Code, Evidence } from '@housecount/protocol';
import type { SignalingRequest } from '../log/contract.ts';
import { signalingKey } from '../log/world.ts';
import type { ChannelKey } from './channel-key.ts';
import type { SignalingConnection } from './connection.ts';
import type { SignalingApp, SignalingContext } from './context.ts';
import type { identityOf } from './identity.ts';
import { Rates } from './rates.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

export interface SessionStart {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly identity: ReturnType<typeof identityOf>;
  /** Silence allowed, milliseconds. */
  readonly leaseMs: number;
  /** End of the login privilege, epoch milliseconds; absent: never. */
  readonly tokenEndsMs?: number;
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
  readonly rates = new Rates();
  leaseMs: number;
  tokenEndsMs: number | undefined;
  /** token-will-expire was sent for this end. */
  warned = false;
  /** As the log has it, or will have it once what was submitted is decided. */
  link: 'live' | 'silent' = 'live';
  lastHeardMs: number;
  readonly #context: SignalingContext;
  readonly #subscriptions = new Map<string, Subscription>();
  #connection: SignalingConnection | undefined;
  #isOver = false;

  constructor(context: SignalingContext, start: SessionStart) {
    this.#context = context;
    this.id = start.id;
    this.app = start.app;
    this.userId = start.userId;
    this.identity = start.identity;
    this.leaseMs = start.leaseMs;
    this.tokenEndsMs = start.tokenEndsMs;
    this.lastHeardMs = context.clock.nowMs();
  }

  get connection(): SignalingConnection | undefined {
    return this.#connection;
  }

  /** It has ended: whatever it still asks for is undone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions;
  }

  /** The connection is the session's from now on; subscriptions begin to be told to it. */
  attach(connection: SignalingConnection): void {
    this.#connection = connection;
    this.link = 'live';
    this.lastHeardMs = this.#context.clock.nowMs();
    for (const subscription of this.#subscriptions.values()) subscription.start(connection.socket);
  }

  /** The connection is gone without a goodbye: the session is silent since it was last heard. */
  detach(connection: SignalingConnection, lastHeardMs: number): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.lastHeardMs = lastHeardMs;
    this.lost();
  }

  /** It has no connection: until one comes back it is silent. Without subscriptions there is nothing to come back to. */
  lost(): void {
    if (this.#connection || this.#isOver) return;
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    if (this.#subscriptions.size === 0) void this.end('lease_ended', undefined);
    else this.tellSilent('socket-closed');
  }

  /** What the log says that it is subscribed to, after a restart of the server. */
  restore(key: ChannelKey, options: SubscriptionOptions): void {
    this.#subscriptions.set(
      signalingKey(key),
      new Subscription(key, this.userId, options, this.#context.presences),
    );
  }

  /** Another connection takes its place: no silence between them. */
  handOver(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    connection?.end('replaced');
  }

  tellSilent(evidence: Evidence): void {
    this.link = 'silent';
    const { lastHeardMs } = this;
    for (const { key } of this.#subscriptions.values()) this.#tellSilent(key, evidence, lastHeardMs);
  }

  tellHeard(): void {
    this.link = 'live';
    for (const { key } of this.#subscriptions.values())
      this.#submit(key, { type: 'heard', connectionId: this.id });
  }

  /** Keeps a subscription that the log has taken, in place of one of the same channel. Undone if the session is over. */
  keep(key: ChannelKey, options: SubscriptionOptions): void {
    if (this.#isOver) {
      this.#submit(key, { type: 'leave', connectionId: this.id, evidence: 'bye' });
      return;
    }
    this.#subscriptions.get(signalingKey(key))?.stop();
    this.restore(key, options);
    if (!this.#connection) this.#tellSilent(key, 'socket-closed', this.lastHeardMs);
  }

  /** Begins to tell the session's socket, if it has one, what happens in the channel. */
  listen(key: ChannelKey): void {
    if (this.#connection) this.#subscriptions.get(signalingKey(key))?.start(this.#connection.socket);
  }

  /** Nothing of the channel is told any more; the log is the caller's. */
  drop(key: ChannelKey): boolean {
    const name = signalingKey(key);
    const subscription = this.#subscriptions.get(name);
    subscription?.stop();
    return this.#subscriptions.delete(name);
  }

  /**
   * Ends the session: its connection is told why, its memberships leave on this evidence (undefined: the log has ended
   * them). Resolves when that is durable.
   */
  async end(code: Code, evidence: Evidence | undefined): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.sessions.forget(this);
    const connection = this.#connection;
    this.#connection = undefined;
    const left: Promise<unknown>[] = [];
    for (const { key } of this.#subscriptions.values()) {
      this.drop(key);
      if (evidence) left.push(this.#submit(key, { type: 'leave', connectionId: this.id, evidence }));
    }
    // A goodbye is answered when it is done; who is thrown out is told at once.
    if (code !== 'left') connection?.end(code);
    await Promise.all(left);
    if (code === 'left') connection?.end(code);
  }

  #tellSilent(key: ChannelKey, evidence: Evidence, lastHeardMs: number): void {
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
