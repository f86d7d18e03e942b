import { limits } from '../limits.ts';
import { LogFollower } from '../log/log-follower.ts';
import type { LogEntry } from '../log/record.ts';
import { Sweep } from '../net/socket/liveness.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { SocketCount } from '../net/socket/socket-count.ts';
import type { Metrics } from '../observe/contract.ts';
import type { ResumeClaim } from '../token/resume-key.ts';
import { Connection } from './connection.ts';
import type { ConnectionContext } from './connection-context.ts';
import { JoinBudgets } from './join-budgets.ts';
import { type LostConnection, LostConnections } from './lost-connections.ts';
import type { Membership } from './membership.ts';
import { Partings } from './partings.ts';

export type ConnectionsOptions = Pick<
  ConnectionContext,
  | 'apps'
  | 'log'
  | 'signal'
  | 'clock'
  | 'random'
  | 'logger'
  | 'resumeSecret'
  | 'leaseMs'
  | 'recoveryMs'
  | 'iceServers'
  | 'onSelect'
  | 'onRefusedLogin'
> & {
  readonly metrics: Metrics;
  /** Counts the sockets of the whole server; by itself, unless other parts have sockets too. */
  readonly sockets?: SocketCount;
  /** Counts the joins of the whole server; by itself, unless other parts let clients join too. */
  readonly joins?: JoinBudgets;
};

/** All WebSockets of this process: takes them in, looks after them, and ends those whose member the log says is out. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #context: ConnectionContext;
  readonly #lost: LostConnections;
  readonly #partings: Partings;
  /** Every open socket. */
  readonly #open = new Set<Connection>();
  /** Those that back a member, by connection id. */
  readonly #members = new Map<string, Connection>();
  /** Those that were told to go, and when, by the clock that only runs; cut if they do not. */
  readonly #closing = new Map<Connection, number>();
  readonly #sockets: SocketCount;
  readonly #stopping = new AbortController();
  readonly #sweep: Sweep;
  #cancelSweep: (() => void) | undefined;
  #follower: LogFollower | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { metrics, clock } = options;
    this.#lost = new LostConnections(options);
    this.#partings = new Partings(options);
    this.#sweep = new Sweep(clock);
    this.#sockets = options.sockets ?? new SocketCount();
    metrics.gauge('housecount_sockets', 'Open WebSockets.', () => this.#open.size);
    metrics.gauge('housecount_sockets_joined', 'WebSockets that back a member.', () => this.#members.size);
    metrics.gauge(
      'housecount_lost_unlogged',
      'Lost connections that the log does not know of yet.',
      () => this.#lost.size,
    );
    const defaults = { perAddress: limits.joinsPerAddress, perToken: limits.joinsPerToken };
    this.#context = {
      ...options,
      joins: options.joins ?? new JoinBudgets(clock, defaults),
      frames: metrics.counter('housecount_frames_total', 'Frames received.'),
      refusals: metrics.counter('housecount_refusals_total', 'Errors and endings told to clients, by code.'),
      joinSeconds: metrics.histogram('housecount_join_seconds', 'From hello to welcome.', joinBuckets),
      joined: (connection, connectionId) => this.#joined(connection, connectionId),
      left: (connection, member) => this.#left(connection, member),
      ended: (connection) => this.#closing.set(connection, clock.steadyMs()),
      closed: (connection) => this.#closed(connection),
      lost: (connection) => this.#loseUnlessBack(connection),
      parting: (connection, graceMs) => this.#partings.add(connection, graceMs),
      comingBack: (claim) => this.#comingBack(claim),
    };
  }

  /** Members backed by a socket here. */
  get size(): number {
    return this.#members.size;
  }

  start(): void {
    const { log, clock, logger } = this.#options;
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'edge',
      absorb: (entry) => this.#absorb(entry),
    });
    this.#sweepLater();
  }

  /** Why connections whose member is out are not ended; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const connection = new Connection(this.#context, socket);
    this.#open.add(connection);
    const isWelcome = this.#sockets.enter(socket.address);
    if (this.#stopping.signal.aborted) connection.end('going_away');
    else if (!isWelcome) connection.end('too_many_connections');
    return connection;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Members stay in the log: a restart
   * gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#stopping.abort();
    this.#cancelSweep?.();
    this.#partings.stop();
    for (const connection of this.#open) connection.end('going_away', { retryAfterMs, settled: true });
    await this.#follower?.stop();
  }

  /** The app is not of this server any more: its clients are told so. The log is the caller's. */
  endApp(app: string): void {
    for (const connection of [...this.#members.values()])
      if (connection.member?.app.id === app) connection.end('invalid_app_id', { settled: true });
  }

  #joined(connection: Connection, connectionId: string): void {
    // Two sockets came with the same resume key: the later one has it.
    this.#members.get(connectionId)?.end('replaced', { settled: true });
    this.#lost.take(connectionId);
    this.#members.set(connectionId, connection);
  }

  #left(connection: Connection, { connectionId }: Membership): void {
    if (this.#members.get(connectionId) === connection) this.#members.delete(connectionId);
  }

  #closed(connection: Connection): void {
    this.#closing.delete(connection);
    if (this.#open.delete(connection)) this.#sockets.leave(connection.socket.address);
  }

  #loseUnlessBack(connection: LostConnection): void {
    if (!this.#members.has(connection.connectionId)) this.#lost.add(connection);
  }

  #comingBack({ app, channel, connectionId }: ResumeClaim): { failed(): void } {
    const { clock } = this.#options;
    this.#members.get(connectionId)?.end('replaced', { settled: true });
    this.#lost.take(connectionId);
    this.#partings.take(connectionId);
    const heardMs = clock.steadyMs();
    return {
      failed: () => this.#loseUnlessBack({ app, channel, connectionId, heardMs, evidence: 'socket-closed' }),
    };
  }

  #sweepLater(): void {
    const { clock } = this.#options;
    this.#cancelSweep = clock.after(limits.sweepMs, () => {
      const look = this.#sweep.look();
      for (const connection of this.#open) connection.sweep(look);
      for (const [connection, sinceMs] of this.#closing)
        if (look.steadyMs - sinceMs > limits.closingMs) connection.socket.terminate();
      this.#lost.retry();
      this.#sweepLater();
    });
  }

  #absorb({ record }: LogEntry): void {
    if (record.type === 'member-left') this.#members.get(record.connectionId)?.removed(record);
    else if (record.type === 'link-silent') this.#members.get(record.connectionId)?.linked('silent');
    else if (record.type === 'link-live') this.#members.get(record.connectionId)?.linked('live');
  }
}

/** Seconds. */
const joinBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
