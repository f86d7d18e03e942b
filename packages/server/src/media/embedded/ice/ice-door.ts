/** Where clients come in whom the library cannot have itself: one port of the process for all sessions, and a way for each. */

import type { Socket } from 'node:dgram';
import type { Clock } from '../../../clock.ts';
import { defaultMediaLimits, type MediaChildLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { addressOf, at, ranked } from './candidates.ts';
import {
  type Credentials,
  frontOfTransaction,
  frontOfUfrag,
  keyOf,
  type Origin,
  ufragOfFront,
} from './ice-front.ts';
import { IceWay } from './ice-way.ts';
import { isStun, readStun } from './stun.ts';
import { bound, ignore, isAny, socketFor } from './udp-sockets.ts';

export interface IceDoorOptions {
  /** The library's port. The door has the next one, or any if that is taken. */
  readonly udpPort: number;
  readonly bindAddress: string;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: Pick<MediaChildLimits, 'mediaRestartedSessionsMax'>;
}

/** A session of the library: its own credentials, those it knows the client by, its candidates as announced. */
export interface ServedSession {
  readonly own: Credentials;
  readonly client: Credentials;
  readonly candidates: readonly string[];
  /** The library has found its client by itself. */
  readonly isConnected: () => boolean;
  /** Its client comes through the door if it can, and goes straight to the library if it cannot; else the other way about. */
  readonly isPreferred: boolean;
}

export class IceDoor {
  readonly #options: IceDoorOptions;
  readonly #ways = new Map<number, IceWay>();
  readonly #byAddress = new Map<string, IceWay>();
  /** Those that have something to do at a tick. */
  readonly #busy = new Set<IceWay>();
  /** Those whose session has ended, the oldest first. */
  readonly #ended = new Set<IceWay>();
  #outer: Promise<readonly Socket[]> | undefined;
  #sockets: readonly Socket[] = [];
  #stopTicking: (() => void) | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: IceDoorOptions) {
    this.#options = options;
  }

  /** Ways that hold a socket to the library. */
  get size(): number {
    let open = 0;
    for (const way of this.#ways.values()) if (way.isOpen) open += 1;
    return open;
  }

  /** Opens its port, and resolves with it; rejects if none can be had. The first session does it, if nobody else did. */
  async listen(): Promise<number> {
    const [first] = await this.#listening();
    return first?.address().port ?? 0;
  }

  /** An id for a session, and how its library must begin its ufrag, so that the door knows whom a check is for. */
  newId(): { readonly id: number; readonly prefix: string } {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#ways.has(this.#lastId));
    return { id: this.#lastId, prefix: ufragOfFront(this.#lastId) };
  }

  /** Makes a session's way: nothing is opened until a client comes by it. Rejects if the door's port cannot be had. */
  async serve(id: number, session: ServedSession): Promise<IceWay> {
    await this.#listening();
    if (this.#closed) throw new Error('The media engine ends.');
    const address = this.#libraryAddress(session.candidates);
    const way: IceWay = new IceWay(
      id,
      {
        clock: this.#options.clock,
        toClient: (packet, to) => this.#toClient(packet, to),
        claim: (from) => this.#byAddress.set(keyOf(from), way),
        release: (from) => {
          const key = keyOf(from);
          if (this.#byAddress.get(key) === way) this.#byAddress.delete(key);
        },
        busy: () => this.#isBusy(way),
        admitRestart: () => this.#restarted < this.#restartedMax,
        done: () => {
          this.#ways.delete(id);
          this.#busy.delete(way);
          this.#ended.delete(way);
          this.#rest();
        },
      },
      { ...session, address: { address, port: this.#options.udpPort } },
      session.isPreferred,
    );
    this.#ways.set(id, way);
    return way;
  }

  /** The candidates to announce with the library's own credentials, the best first; once the door listens. */
  candidates({ candidates, isPreferred }: Pick<ServedSession, 'candidates' | 'isPreferred'>): string[] {
    const direct = ranked(candidates, isPreferred ? 'second' : 'first');
    const through = ranked(this.moved(candidates), isPreferred ? 'first' : 'second');
    return isPreferred ? [...through, ...direct] : [...direct, ...through];
  }

  /** The candidates to announce with the credentials of a restart: through the door only. */
  moved(candidates: readonly string[]): string[] {
    return at(candidates, (address) => socketFor(this.#sockets, address)?.address().port);
  }

  /** The session of a way has ended: see IceWay.end. */
  end(way: IceWay): void {
    way.end();
    this.#ended.add(way);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= mediaLimits.frontEndedMax) break;
      oldest.close();
    }
  }

  /** Frees every socket. */
  close(): void {
    this.#closed = true;
    for (const way of [...this.#ways.values()]) way.close();
    const outer = this.#outer;
    this.#outer = undefined;
    outer?.then(
      (sockets) => {
        for (const socket of sockets) socket.close();
      },
      () => undefined,
    );
  }

  get #restartedMax(): number {
    return (this.#options.limits ?? defaultMediaLimits).mediaRestartedSessionsMax;
  }

  get #restarted(): number {
    let restarted = 0;
    for (const way of this.#ways.values()) if (way.restarted) restarted += 1;
    return restarted;
  }

  #toClient(packet: Buffer, to: Origin): void {
    socketFor(this.#sockets, to.address)?.send(packet, to.port, to.address, ignore);
  }

  #listening(): Promise<readonly Socket[]> {
    if (this.#outer !== undefined) return this.#outer;
    const opened = this.#listen();
    this.#outer = opened;
    opened.then(
      (sockets) => {
        this.#sockets = sockets;
      },
      () => {
        if (this.#outer === opened) this.#outer = undefined;
      },
    );
    return opened;
  }

  /** One socket per family that is bound to. */
  async #listen(): Promise<readonly Socket[]> {
    const { udpPort, bindAddress } = this.#options;
    const near = async (address: string, port: number): Promise<Socket> =>
      bound(address, port).catch(() => bound(address, 0));
    const next = udpPort < 65_535 ? udpPort + 1 : 0;
    const sockets: Socket[] = [];
    if (!isAny(bindAddress)) sockets.push(await near(bindAddress, next));
    else {
      sockets.push(await near('0.0.0.0', next));
      // A machine without IPv6 has no such candidates either.
      const six = await near('::', sockets[0]?.address().port ?? next).catch(() => undefined);
      if (six !== undefined) sockets.push(six);
    }
    for (const socket of sockets) {
      socket.on('message', (packet, from) =>
        this.#received(packet, { address: from.address, port: from.port }),
      );
    }
    return sockets;
  }

  #received(packet: Buffer, from: Origin): void {
    // Nobody can be answered there, and the attempt would throw.
    if (from.port === 0) return;
    const nowMs = this.#options.clock.steadyMs();
    if (!isStun(packet)) {
      this.#byAddress.get(keyOf(from))?.front.dataFromClient(packet, from, nowMs);
      return;
    }
    const message = readStun(packet);
    if (message === undefined) return;
    const id =
      message.type === 'request'
        ? frontOfUfrag(message.username ?? '')
        : frontOfTransaction(message.transaction);
    this.#ways.get(id)?.stun(packet, message, from, nowMs);
  }

  /** The address at which the library listens: of the family that it would choose, or the new way might rank below the old one. */
  #libraryAddress(candidates: readonly string[]): string {
    const { bindAddress } = this.#options;
    if (!isAny(bindAddress)) return bindAddress;
    return candidates.some((candidate) => addressOf(candidate).includes(':')) ? '::1' : '127.0.0.1';
  }

  #isBusy(way: IceWay): void {
    this.#busy.add(way);
    this.#stopTicking ??= this.#startTicking();
  }

  #rest(): void {
    if (this.#busy.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #startTicking(): () => void {
    const timer = setInterval(() => this.#tick(), mediaLimits.tickMs);
    return () => clearInterval(timer);
  }

  #tick(): void {
    const nowMs = this.#options.clock.steadyMs();
    for (const way of this.#busy) {
      way.tick(nowMs);
      if (way.isIdle) this.#busy.delete(way);
    }
    this.#rest();
  }
}
