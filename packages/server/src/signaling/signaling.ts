import { LogFollower } from '../log/feed/log-follower.ts';
import { OpenSockets } from '../net/session/open-sockets.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import { Backend } from './backend.ts';
import { conversationBounds, SignalingConnection, type SignalingConnectionNeeds } from './connection.ts';
import { type SignalingParts, signalingParts } from './parts.ts';
import { Requests, requestTable } from './requests.ts';
import { heedEnd } from './session/ended-by-log.ts';
import { registerGauges, signalingCounters } from './signaling-metrics.ts';
import type { SignalingOptions } from './signaling-options.ts';

/** Starts to serve signaling: sessions, messages, and presence as the log says it, from now on. */
export function startSignaling(options: SignalingOptions): Signaling {
  const signaling = new Signaling(options, signalingParts(options));
  signaling.start();
  return signaling;
}

/** All signaling of this process: takes sockets in, looks after them, and follows the log. */
export class Signaling {
  /** The operations of the server's owner. */
  readonly backend: Backend;
  readonly #options: Omit<SignalingOptions, 'limitsOf'>;
  readonly #parts: SignalingParts;
  readonly #open: OpenSockets;
  readonly #connections: SignalingConnectionNeeds;
  #follower: LogFollower | undefined;

  constructor(options: Omit<SignalingOptions, 'limitsOf'>, parts: SignalingParts) {
    this.#options = options;
    const { clock, metrics, sockets } = options;
    const { limits } = parts;
    this.#open = new OpenSockets({
      clock,
      sockets,
      closingMs: limits.closingMs,
      onLook: ({ steadyMs }) => this.#tidy(steadyMs),
    });
    this.#parts = parts;
    const shared = { ...options, ...parts, ...signalingCounters(metrics) };
    this.backend = new Backend(shared);
    this.#connections = {
      ...shared,
      keeper: this.#open,
      bounds: conversationBounds(limits),
      requests: new Requests(requestTable(shared), clock),
    };
    registerGauges(metrics, parts, {
      sockets: () => this.#open.size,
      backlogBytes: () => this.#backlogBytes(),
    });
  }

  /** The parts that its sessions share; for tests. */
  get parts(): Pick<SignalingParts, 'audiences' | 'topicEvents' | 'waiters'> {
    return this.#parts;
  }

  start(): void {
    const { log, clock, logger } = this.#options;
    const { presences, sessions, whereabouts, holdings, topicEvents, storageEvents } = this.#parts;
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'signaling',
      absorb: (entry) => {
        whereabouts.absorb(entry.record);
        holdings.absorb(entry.record);
        storageEvents.absorb(entry.record);
        heedEnd({ log, clock, sessions }, entry.record);
        topicEvents.absorb(entry);
        presences.absorb(entry);
      },
      settle: () => presences.settle(),
    });
    this.#open.start();
  }

  /** An app that is new here, or back: the log may know members of it from before. */
  addApp(app: string): void {
    this.#parts.whereabouts.learn(app);
  }

  /** The app is not of this server any more: its users are told so. Resolves when their sessions have left; the rest of the log is the caller's. */
  async endApp(app: string): Promise<void> {
    await this.#parts.sessions.endApp(app);
  }

  /** Why nobody is told what happens; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** Takes a socket in. At a limit, or when stopping, it is told so and closed. */
  accept(socket: Socket): SocketHandler {
    const { conversation } = new SignalingConnection(this.#connections, socket);
    this.#open.enter(conversation);
    return conversation;
  }

  /**
   * Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. Memberships stay in the log: a
   * restart gives them the recovery lease.
   */
  async stop(retryAfterMs: number): Promise<void> {
    this.#open.stop(retryAfterMs);
    await this.#follower?.stop();
    this.#parts.presences.stop();
  }

  #tidy(steadyMs: number): void {
    this.#cutSlowest();
    this.#parts.sessions.sweep(steadyMs);
    this.#parts.presences.tidy();
  }

  /** Bounds what waits for all readers together too: those that are furthest behind make room. */
  #cutSlowest(): void {
    let bytes = this.#backlogBytes();
    if (bytes <= this.#parts.limits.signalingBacklogBytesMax) return;
    const byBacklog = Array.from(
      this.#open.all(),
      (conversation) => [conversation.socket.bufferedBytes(), conversation] as const,
    );
    for (const [waiting, conversation] of byBacklog.sort(([one], [other]) => other - one)) {
      if (bytes <= this.#parts.limits.signalingBacklogBytesMax) return;
      bytes -= waiting;
      conversation.end('slow_reader');
      // It would not read that it is told to go.
      conversation.socket.terminate();
    }
  }

  #backlogBytes(): number {
    let bytes = 0;
    for (const { socket } of this.#open.all()) bytes += socket.bufferedBytes();
    return bytes;
  }
}
