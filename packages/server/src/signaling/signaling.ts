import type { EdgeKicks } from '../kicks/edge-kicks.ts';
import { LogFollower } from '../log/feed/log-follower.ts';
import { OpenSockets } from '../net/session/open-sockets.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { Backend } from './backend.ts';
import { backlogBytes, cutSlowest } from './backlogs.ts';
import { conversationBounds, SignalingConnection, type SignalingConnectionNeeds } from './connection.ts';
import { MessageEvents } from './messages/message-events.ts';
import { type SignalingParts, signalingParts } from './parts.ts';
import { Requests, requestTable } from './requests.ts';
import { heedEnd } from './session/ended-by-log.ts';
import { sessionKicks } from './session/session-kicks.ts';
import { registerGauges, signalingCounters } from './signaling-metrics.ts';
import type { SignalingOptions } from './signaling-options.ts';

/** Starts to serve signaling: sessions, messages, and presence as the log says it, from now on. */
export function startSignaling(options: SignalingOptions): Signaling {
  const parts = signalingParts(options);
  const { clock, metrics, sockets } = options;
  const { limits, sessions, presences } = parts;
  const open = new OpenSockets({
    clock,
    sockets,
    closingMs: limits.closingMs,
    onLook({ steadyMs }) {
      cutSlowest(open, limits.signalingBacklogBytesMax);
      sessions.sweep(steadyMs);
      presences.tidy();
    },
  });
  const telling = { ...options, ...parts, ...signalingCounters(metrics) };
  const kicks = sessionKicks({ ...options, sessions });
  const follower = followLog(options, { ...parts, messageEvents: new MessageEvents(telling), kicks });
  const shared = { ...telling, toldTo: (position: number) => follower.reached(position) };
  const needs: SignalingConnectionNeeds = {
    ...shared,
    keeper: open,
    bounds: conversationBounds(limits),
    requests: new Requests(requestTable(shared), clock),
  };
  registerGauges(metrics, parts, { sockets: () => open.size, backlogBytes: () => backlogBytes(open) });
  open.start();
  return new Signaling({
    ...parts,
    backend: new Backend(shared),
    open,
    follower,
    kicks,
    connectionOf: (socket) => new SignalingConnection(needs, socket),
  });
}

/** Has every part hear of each record, in the order in which they need it. */
function followLog(
  { log, clock, logger }: SignalingOptions,
  parts: SignalingParts & {
    readonly messageEvents: MessageEvents;
    readonly kicks: Pick<EdgeKicks, 'absorb'>;
  },
): LogFollower {
  const { presences, sessions, whereabouts, holdings, topicEvents, storageEvents, messageEvents, kicks } =
    parts;
  return new LogFollower({
    log,
    clock,
    logger,
    part: 'signaling',
    absorb: (entry) => {
      whereabouts.absorb(entry.record);
      holdings.absorb(entry.record);
      storageEvents.absorb(entry.record);
      kicks.absorb(entry.record);
      heedEnd({ log, clock, sessions }, entry.record);
      topicEvents.absorb(entry);
      messageEvents.absorb(entry.record);
      presences.absorb(entry);
    },
    settle: () => presences.settle(),
  });
}

interface ServedParts
  extends Pick<
    SignalingParts,
    'presences' | 'sessions' | 'whereabouts' | 'audiences' | 'topicEvents' | 'waiters'
  > {
  readonly backend: Backend;
  readonly open: Pick<OpenSockets, 'enter' | 'stop'>;
  readonly follower: LogFollower;
  readonly kicks: Pick<EdgeKicks, 'stop'>;
  readonly connectionOf: (socket: Socket) => SignalingConnection;
}

/** All signaling of this process: takes sockets in, looks after them, and follows the log. */
export class Signaling {
  readonly #parts: ServedParts;

  constructor(parts: ServedParts) {
    this.#parts = parts;
  }

  /** The operations of the server's owner. */
  get backend(): Backend {
    return this.#parts.backend;
  }

  /** The parts that its sessions share; for tests. */
  get parts(): Pick<SignalingParts, 'audiences' | 'topicEvents' | 'waiters'> {
    return this.#parts;
  }

  /** An app that is new here, or back: the log may know members of it from before. */
  addApp(app: string): void {
    this.#parts.whereabouts.learn(app);
  }

  /** The app is not of this server any more: its users are told so. Resolves when their sessions have left; the rest of the log is the caller's. */
  async endApp(app: string): Promise<void> {
    await this.#parts.sessions.endApp(app);
  }

  /** Is this session there, and this user's? Also one that its client may still come back to. */
  hasSession(app: string, userId: string, session: string): boolean {
    return this.#parts.sessions.of(app, userId)?.id === session;
  }

  /** Why nobody is told what happens; undefined while they are. */
  get trouble(): string | undefined {
    return this.#parts.follower.trouble;
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const { conversation } = this.#parts.connectionOf(socket);
    this.#parts.open.enter(conversation);
    return conversation;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Memberships stay in the log: a
   * restart gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#parts.open.stop(retryAfterMs);
    await this.#parts.follower.stop();
    await this.#parts.kicks.stop();
    this.#parts.presences.stop();
  }
}
