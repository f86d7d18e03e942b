import type { ServerFrame } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { EdgeKicks } from '../kicks/edge-kicks.ts';
import type { EdgeWords } from '../kicks/edge-words.ts';
import { KnownAddresses } from '../kicks/known-addresses.ts';
import { memberKicks } from '../kicks/member-kicks.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Feed } from '../log/contract/feed.ts';
import { LogFollower } from '../log/feed/log-follower.ts';
import { Conversation, type ConversationParts } from '../net/session/conversation.ts';
import { OpenSockets } from '../net/session/open-sockets.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { SocketCount } from '../net/socket/socket-count.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import { LinkProofs } from '../token/link-proof.ts';
import { AwaitedLinks, awaitedAtStart, linkWaitMs } from './awaited-links.ts';
import { BackedMembers } from './backed-members.ts';
import { Connection, type ConnectionNeeds, conversationBounds } from './connection.ts';
import { Entrance, type EntranceNeeds } from './entrance.ts';
import type { HelloNeeds } from './hello.ts';
import { JoinBudgets } from './join-budgets.ts';
import { LinkFacts } from './link-facts.ts';
import { defaultJoinRates, defaultLiveLimits, type LiveLimits } from './live-limits.ts';
import { LostConnections } from './lost-connections.ts';
import { type WelcomeNeeds, welcomeOf } from './membership.ts';
import { Partings } from './partings.ts';
import type { LinkNeeds } from './requests/link.ts';
import { requestTable } from './requests/requests.ts';
import { StreamMessageBudgets } from './requests/stream-messages.ts';
import { holdStreams, type SelectStreams, type StreamNeeds } from './requests/streams.ts';
import type { FanOut } from './roster/fan-out.ts';

export interface ConnectionsOptions
  extends Omit<HelloNeeds, 'joins' | 'awaited' | 'addresses'>,
    Omit<WelcomeNeeds, 'linkProofs'>,
    Pick<LinkNeeds, 'signaling'>,
    Pick<EntranceNeeds, 'onRefusedLogin'> {
  readonly log: HelloNeeds['log'] & StreamNeeds['log'] & Feed & Pick<Channels, 'everyChannel'>;
  readonly fanOut: Pick<
    FanOut,
    'streams' | 'hosts' | 'followRoster' | 'followView' | 'hasRoomForView' | 'tell'
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onSelect: SelectStreams;
  /** Takes the word of its connections on rules about addresses. */
  readonly words: Pick<EdgeWords, 'join'>;
  /** Counts the sockets of the whole server; by itself, unless other parts have sockets too. */
  readonly sockets?: SocketCount;
  /** Counts the joins of the whole server; by itself, unless other parts let clients join too. */
  readonly joins?: JoinBudgets;
  /** Default: those of limits.ts. */
  readonly limits?: LiveLimits;
}

/** Builds what the connections of this process share. They are served from `start` on. */
export function openConnections(options: ConnectionsOptions): Connections {
  const { log, logger, metrics, clock, sockets = new SocketCount(), limits = defaultLiveLimits } = options;
  const lost = new LostConnections(options);
  const partings = new Partings(options);
  const open = new OpenSockets({ clock, sockets, closingMs: limits.closingMs, onLook: () => lost.retry() });
  const addresses = new KnownAddresses();
  const kicks = memberKicks({ ...options, addresses });
  const backed = new BackedMembers({ lost, partings, addresses, kicks });
  metrics.gauge('housecount_sockets', 'Open WebSockets.', () => open.size);
  metrics.gauge('housecount_sockets_joined', 'WebSockets that back a member.', () => backed.size);
  metrics.gauge(
    'housecount_lost_unlogged',
    'Lost connections that the log does not know of yet.',
    () => lost.size,
  );
  const awaited = new AwaitedLinks(options);
  const shared = {
    ...options,
    awaited,
    addresses,
    joins: options.joins ?? new JoinBudgets(clock, defaultJoinRates),
    linkProofs: new LinkProofs(options.resumeSecret),
    streamMessages: new StreamMessageBudgets(clock, limits),
  };
  const refusals = metrics.counter(
    'housecount_refusals_total',
    'Errors and endings told to clients, by code.',
  );
  const conversing: ConversationParts = {
    keeper: open,
    clock,
    logger,
    frames: metrics.counter('housecount_frames_total', 'Frames received.'),
    refusals,
  };
  const entrance = new Entrance({
    ...shared,
    welcomeOf: (admission) => welcomeOf(shared, admission),
    joinSeconds: metrics.histogram('housecount_join_seconds', 'From hello to welcome.', joinBuckets),
  });
  const needs: ConnectionNeeds = {
    log,
    entrance,
    backing: backed,
    bounds: conversationBounds(limits),
    links: new LinkFacts(options),
    requests: requestTable(shared),
    iceServers: options.iceServers,
    holdStreams: (member, address, nowMs) => holdStreams(shared, member, address, nowMs),
    refusals,
  };
  return new Connections({
    open,
    backed,
    partings,
    awaited,
    kicks,
    awaitAgain: () => {
      for (const member of awaitedAtStart(log)) {
        const app = options.apps.get(member.app);
        if (app) awaited.add(member, linkWaitMs(app));
      }
    },
    connectionOf: (socket) =>
      new Connection(needs, (connection) => new Conversation(socket, connection, conversing)),
    follow: () =>
      new LogFollower({ log, clock, logger, part: 'edge', absorb: (entry) => backed.absorb(entry) }),
  });
}

export interface ConnectionsParts {
  readonly open: Pick<OpenSockets, 'start' | 'enter' | 'stop'>;
  readonly backed: Pick<BackedMembers, 'size' | 'endApp' | 'tell'>;
  readonly partings: Pick<Partings, 'stop'>;
  readonly awaited: Pick<AwaitedLinks, 'stop'>;
  readonly kicks: Pick<EdgeKicks, 'stop'>;
  /** Waits for the links that were awaited when the server ended. */
  readonly awaitAgain: () => void;
  readonly connectionOf: (socket: Socket) => Connection;
  readonly follow: () => LogFollower;
}

/** All WebSockets of this process: takes them in, looks after them, and follows the log for those that back a member. */
export class Connections {
  readonly #parts: ConnectionsParts;
  #follower: LogFollower | undefined;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /** Members backed by a socket here. */
  get size(): number {
    return this.#parts.backed.size;
  }

  start(): void {
    this.#follower = this.#parts.follow();
    this.#parts.awaitAgain();
    this.#parts.open.start();
  }

  /** Why connections whose member is out are not ended; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** One frame to one connection, if it is here. */
  tell(connectionId: string, frame: ServerFrame): void {
    this.#parts.backed.tell(connectionId, frame);
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const { conversation } = this.#parts.connectionOf(socket);
    this.#parts.open.enter(conversation);
    return conversation;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Members stay in the log: a restart
   * gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#parts.partings.stop();
    this.#parts.awaited.stop();
    this.#parts.open.stop(retryAfterMs);
    await this.#follower?.stop();
    await this.#parts.kicks.stop();
  }

  /** The app is not of this server any more: its clients are told so. The log is the caller's. */
  endApp(app: string): void {
    this.#parts.backed.endApp(app);
  }
}

/** Seconds. */
const joinBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
