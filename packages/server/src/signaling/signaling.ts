import type { Clock, Random } from '../clock.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log/contract.ts';
import { LogFollower } from '../log/log-follower.ts';
import { Sweep } from '../net/socket/liveness.ts';
import type { Broadcast, Socket, SocketHandler } from '../net/socket/socket.ts';
import type { SocketCount } from '../net/socket/socket-count.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import { Backend } from './backend.ts';
import { SignalingConnection } from './connection.ts';
import type { SignalingApp, SignalingContext } from './context.ts';
import { LockHoldings } from './locks/lock-holdings.ts';
import { LockWaiters } from './locks/lock-waiters.ts';
import { TopicEvents } from './messages/topic-events.ts';
import { Audiences } from './names/audiences.ts';
import type { PresenceSettings } from './presence/presence-channel.ts';
import { Presences } from './presence/presences.ts';
import { Whereabouts } from './presence/whereabouts.ts';
import { Sessions } from './session/sessions.ts';
import { StorageEvents } from './storage/storage-events.ts';

export interface SignalingOptions {
  /** Those of the start are learned of at once, others with `addApp`. */
  readonly apps: Pick<ReadonlyMap<string, SignalingApp>, 'get' | 'keys'>;
  readonly log: Log;
  /** The messages that are kept. */
  readonly kept: Pick<Messages, 'read'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onRefusedLogin?: OnRefusedLogin;
  readonly metrics: Metrics;
  /** The server's own, that carries what is published to sockets. */
  readonly broadcast: Broadcast;
  /** Counts the sockets of the whole server. */
  readonly sockets: SocketCount;
  /** Signs session keys. */
  readonly secret: Uint8Array;
  /** Silence allowed for a session where the app does not leave that to the client, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  /** The development app runs, whose certificate everybody knows: a login needs no token. */
  readonly isTokenFree: boolean;
}

/** Starts to serve signaling: sessions, messages, and presence as the log says it, from now on. */
export function startSignaling(options: SignalingOptions): Signaling {
  const signaling = new Signaling(options);
  signaling.start();
  return signaling;
}

/** Of an app that is gone while its last members leave: nobody watches. */
const goneSettings: PresenceSettings = { announceMax: 50, intervalMs: 30_000, debounceMs: 0 };

/** All signaling of this process: takes sockets in, looks after them, and follows the log. */
export class Signaling {
  /** For the server's owner. */
  readonly backend: Backend;
  readonly #options: SignalingOptions;
  readonly #context: SignalingContext;
  /** Every open socket. */
  readonly #open = new Set<SignalingConnection>();
  /** Those that were told to go, and when, by the clock that only runs; cut if they do not. */
  readonly #closing = new Map<SignalingConnection, number>();
  readonly #sweep: Sweep;
  #cancelSweep: (() => void) | undefined;
  #follower: LogFollower | undefined;
  #isStopping = false;

  constructor(options: SignalingOptions) {
    this.#options = options;
    const { apps, clock, log, metrics, sockets } = options;
    this.#sweep = new Sweep(clock);
    const presences = new Presences({
      ...options,
      settingsOf: (app) => {
        return apps.get(app)?.signaling ?? goneSettings;
      },
      isBound: (app) => apps.get(app)?.bindSignaling ?? false,
    });
    const audiences = new Audiences();
    const context: Omit<SignalingContext, 'sessions'> = {
      ...options,
      presences,
      whereabouts: new Whereabouts(log, apps.keys()),
      audiences,
      topicEvents: new TopicEvents({ ...options, audiences }),
      waiters: new LockWaiters(),
      holdings: new LockHoldings(log),
      frames: metrics.counter('housecount_signaling_frames_total', 'Signaling frames received.'),
      messages: metrics.counter(
        'housecount_signaling_messages_total',
        'Messages taken, to channels and users.',
      ),
      deliveries: metrics.counter(
        'housecount_signaling_deliveries_total',
        'Messages on their way to connections: one that a hundred get counts for a hundred.',
      ),
      refusals: metrics.counter(
        'housecount_signaling_refusals_total',
        'Refusals and endings told to signaling clients, by code.',
      ),
      ended: (connection) => this.#closing.set(connection, clock.steadyMs()),
      closed: (connection) => {
        this.#closing.delete(connection);
        if (this.#open.delete(connection)) sockets.leave(connection.socket.address);
      },
    };
    // The two know each other.
    const shared = context as SignalingContext & { sessions: Sessions };
    shared.sessions = new Sessions(shared);
    this.#context = shared;
    this.backend = new Backend(shared);
    metrics.gauge('housecount_signaling_sockets', 'Open signaling WebSockets.', () => this.#open.size);
    metrics.gauge(
      'housecount_signaling_sessions',
      'Users logged in to signaling.',
      () => shared.sessions.size,
    );
    metrics.gauge(
      'housecount_signaling_subscriptions',
      'Channels that sessions subscribe to, each counted for each session.',
      () => shared.sessions.subscriptions,
    );
    metrics.gauge(
      'housecount_signaling_backlog_bytes',
      'Bytes that readers have not taken yet, of all of them together; beyond signalingBacklogBytesMax the slowest are cut.',
      () => this.#backlogBytes(),
    );
    metrics.gauge(
      'housecount_signaling_lock_waits',
      'Requests that wait for a lock.',
      () => shared.waiters.size,
    );
    metrics.gauge(
      'housecount_signaling_presences',
      'Channels whose presence is kept in memory.',
      () => presences.size,
    );
    metrics.gauge(
      'housecount_signaling_rosters',
      'Signaling channels whose roster is followed, or was a moment ago.',
      () => presences.rosters,
    );
  }

  start(): void {
    const { log, clock, logger } = this.#options;
    const { presences, sessions, whereabouts, holdings, topicEvents } = this.#context;
    const storage = new StorageEvents(this.#context);
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'signaling',
      absorb: (entry) => {
        whereabouts.absorb(entry.record);
        holdings.absorb(entry.record);
        storage.absorb(entry.record);
        sessions.absorb(entry.record);
        topicEvents.absorb(entry);
        presences.absorb(entry);
      },
      settle: () => presences.settle(),
    });
    this.#sweepLater();
  }

  /** An app that is new here, or back: the log may know members of it from before. */
  addApp(app: string): void {
    this.#context.whereabouts.learn(app);
  }

  /** The app is not of this server any more: its users are told so. Resolves when their sessions have left; the rest of the log is the caller's. */
  async endApp(app: string): Promise<void> {
    await this.#context.sessions.endApp(app);
  }

  /** What its sessions share; for tests. */
  get parts(): Pick<SignalingContext, 'audiences' | 'topicEvents' | 'waiters'> {
    return this.#context;
  }

  /** Why nobody is told what happens; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const connection = new SignalingConnection(this.#context, socket);
    this.#open.add(connection);
    const isWelcome = this.#options.sockets.enter(socket.address);
    if (this.#isStopping) connection.end('going_away');
    else if (!isWelcome) connection.end('too_many_connections');
    return connection;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Memberships stay in the log: a
   * restart gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#isStopping = true;
    this.#cancelSweep?.();
    for (const connection of this.#open) connection.end('going_away', { retryAfterMs, settled: true });
    await this.#follower?.stop();
    this.#context.presences.stop();
  }

  /** What waits for all readers together is bounded too: those that are furthest behind make room. */
  #cutSlowest(): void {
    let bytes = this.#backlogBytes();
    if (bytes <= limits.signalingBacklogBytesMax) return;
    const byBacklog = Array.from(
      this.#open,
      (connection) => [connection.socket.bufferedBytes(), connection] as const,
    );
    for (const [waiting, connection] of byBacklog.sort(([one], [other]) => other - one)) {
      if (bytes <= limits.signalingBacklogBytesMax) return;
      bytes -= waiting;
      connection.end('slow_reader');
      // It would not read that it is told to go.
      connection.socket.terminate();
    }
  }

  #backlogBytes(): number {
    let bytes = 0;
    for (const { socket } of this.#open) bytes += socket.bufferedBytes();
    return bytes;
  }

  #sweepLater(): void {
    const { clock } = this.#options;
    this.#cancelSweep = clock.after(limits.sweepMs, () => {
      const look = this.#sweep.look();
      for (const connection of this.#open) connection.sweep(look);
      this.#cutSlowest();
      for (const [connection, sinceMs] of this.#closing)
        if (look.steadyMs - sinceMs > limits.closingMs) connection.socket.terminate();
      this.#context.sessions.sweep(look.steadyMs);
      this.#context.presences.tidy();
      this.#sweepLater();
    });
  }
}
