import type { Clock, Random } from '../clock.ts';
import type { Feed } from '../log/contract/feed.ts';
import { LogFollower } from '../log/feed/log-follower.ts';
import { type LogEntry, liveChangeOf } from '../log/record/record.ts';
import { OpenSockets } from '../net/session/open-sockets.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { SocketCount } from '../net/socket/socket-count.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { ResumeClaim } from '../token/resume-key.ts';
import { type Backing, Connection, type ConnectionNeeds, conversationBounds } from './connection.ts';
import type { HelloNeeds } from './hello.ts';
import { JoinBudgets } from './join-budgets.ts';
import { LinkFacts } from './link-facts.ts';
import { defaultJoinRates, defaultLiveLimits, type LiveLimits } from './live-limits.ts';
import { type LostConnection, LostConnections } from './lost-connections.ts';
import type { Membership, WelcomeNeeds } from './membership.ts';
import { type PartingConnection, Partings } from './partings.ts';
import { requestTable } from './requests/requests.ts';
import type { SelectStreams } from './requests/streams.ts';
import type { FanOut } from './roster/fan-out.ts';

export interface ConnectionsOptions
  extends Omit<HelloNeeds, 'comingBack' | 'joins'>,
    WelcomeNeeds,
    Pick<ConnectionNeeds, 'onRefusedLogin'> {
  readonly log: HelloNeeds['log'] & ConnectionNeeds['log'] & Feed;
  readonly fanOut: Pick<FanOut, 'streams' | 'hosts' | 'followRoster' | 'followView' | 'hasRoomForView'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onSelect: SelectStreams;
  /** Counts the sockets of the whole server; by itself, unless other parts have sockets too. */
  readonly sockets?: SocketCount;
  /** Counts the joins of the whole server; by itself, unless other parts let clients join too. */
  readonly joins?: JoinBudgets;
  /** Default: those of limits.ts. */
  readonly limits?: LiveLimits;
}

/** All WebSockets of this process: takes them in, looks after them, and ends those whose member the log says is out. */
export class Connections implements Backing {
  readonly #options: ConnectionsOptions;
  readonly #needs: ConnectionNeeds;
  readonly #open: OpenSockets;
  readonly #lost: LostConnections;
  readonly #partings: Partings;
  /** Those that back a member, by connection id. */
  readonly #members = new Map<string, Connection>();
  #follower: LogFollower | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { metrics, clock, sockets = new SocketCount(), limits = defaultLiveLimits } = options;
    this.#lost = new LostConnections(options);
    this.#partings = new Partings(options);
    this.#open = new OpenSockets({
      clock,
      sockets,
      closingMs: limits.closingMs,
      onLook: () => this.#lost.retry(),
    });
    metrics.gauge('housecount_sockets', 'Open WebSockets.', () => this.#open.size);
    metrics.gauge('housecount_sockets_joined', 'WebSockets that back a member.', () => this.#members.size);
    metrics.gauge(
      'housecount_lost_unlogged',
      'Lost connections that the log does not know of yet.',
      () => this.#lost.size,
    );
    const shared = { ...options, joins: options.joins ?? new JoinBudgets(clock, defaultJoinRates) };
    this.#needs = {
      ...shared,
      keeper: this.#open,
      bounds: conversationBounds(limits),
      backing: this,
      links: new LinkFacts(options),
      requests: requestTable(shared),
      frames: metrics.counter('housecount_frames_total', 'Frames received.'),
      refusals: metrics.counter('housecount_refusals_total', 'Errors and endings told to clients, by code.'),
      joinSeconds: metrics.histogram('housecount_join_seconds', 'From hello to welcome.', joinBuckets),
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
    this.#open.start();
  }

  /** Why connections whose member is out are not ended; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const { conversation } = new Connection(this.#needs, socket);
    this.#open.enter(conversation);
    return conversation;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Members stay in the log: a restart
   * gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#partings.stop();
    this.#open.stop(retryAfterMs);
    await this.#follower?.stop();
  }

  /** The app is not of this server any more: its clients are told so. The log is the caller's. */
  endApp(app: string): void {
    for (const connection of [...this.#members.values()])
      if (connection.member?.app.id === app) connection.end('invalid_app_id', { settled: true });
  }

  joined(connection: Connection, connectionId: string): void {
    // Two sockets came with the same resume key: the later one has it.
    this.#members.get(connectionId)?.end('replaced', { settled: true });
    this.#lost.take(connectionId);
    this.#members.set(connectionId, connection);
  }

  left(connection: Connection, { connectionId }: Membership): void {
    if (this.#members.get(connectionId) === connection) this.#members.delete(connectionId);
  }

  lost(connection: LostConnection): void {
    if (!this.#members.has(connection.connectionId)) this.#lost.add(connection);
  }

  parting(connection: PartingConnection, graceMs: number): void {
    this.#partings.add(connection, graceMs);
  }

  #comingBack({ app, channel, connectionId }: ResumeClaim): { failed(): void } {
    const { clock } = this.#options;
    this.#members.get(connectionId)?.end('replaced', { settled: true });
    this.#lost.take(connectionId);
    this.#partings.take(connectionId);
    const heardMs = clock.steadyMs();
    return {
      failed: () => this.lost({ app, channel, connectionId, heardMs, evidence: 'socket-closed' }),
    };
  }

  #absorb({ record }: LogEntry): void {
    const change = liveChangeOf(record);
    if (change?.type === 'member-left') this.#members.get(change.connectionId)?.removed(change);
    else if (change?.type === 'link-silent') this.#members.get(change.connectionId)?.linked('silent');
    else if (change?.type === 'link-live') this.#members.get(change.connectionId)?.linked('live');
  }
}

/** Seconds. */
const joinBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
