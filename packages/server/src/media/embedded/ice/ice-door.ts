/** Clients whom the library cannot have itself come in here: one port of the process is for all sessions, and each has a way of its own. */

import type { Socket } from 'node:dgram';
import type { Clock } from '../../../clock.ts';
import { defaultMediaLimits, type MediaChildLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { addressOf, at, passive, ranked } from './candidates.ts';
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
import { TcpDoor, type TcpDoorLimits } from './tcp-door.ts';
import { bound, ignore, isAny, socketFor } from './udp-sockets.ts';

export interface IceDoorOptions {
  /** The library's port. The door has the next one, or any if that is taken. */
  readonly udpPort: number;
  /** Of clients over TCP; 0 or undefined: none. */
  readonly tcpPort?: number;
  /** Another port for TCP will do, if that one is taken. */
  readonly anyTcpPort?: boolean;
  readonly bindAddress: string;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: TcpDoorLimits & Pick<MediaChildLimits, 'mediaRestartedSessionsMax'>;
}

/** Where the door listens. */
export interface DoorPorts {
  readonly restartPort: number;
  /** Undefined if there is none: it was not wanted, or cannot be had, and why. */
  readonly tcpPort: number | undefined;
  readonly tcpTrouble: string | undefined;
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
  readonly #tcp: TcpDoor;
  #outer: Promise<DoorPorts> | undefined;
  #sockets: readonly Socket[] = [];
  #stopTicking: (() => void) | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: IceDoorOptions) {
    this.#options = options;
    this.#tcp = new TcpDoor({
      bindAddress: options.bindAddress,
      clock: options.clock,
      limits: options.limits ?? defaultMediaLimits,
      received: (packet, from) => this.#received(packet, from),
      lost: (from) => this.#byAddress.get(keyOf(from))?.front.lost(from, options.clock.steadyMs()),
    });
  }

  /** Ways that hold a socket to the library. */
  get size(): number {
    let open = 0;
    for (const way of this.#ways.values()) if (way.isOpen) open += 1;
    return open;
  }

  /** Opens its ports, and resolves with them; rejects if there is none for UDP. The first session does it, if nobody else did. */
  listen(): Promise<DoorPorts> {
    if (this.#outer !== undefined) return this.#outer;
    const opened = this.#listen();
    this.#outer = opened;
    opened.catch(() => {
      if (this.#outer === opened) this.#outer = undefined;
    });
    return opened;
  }

  /** An id for a session, and how its library must begin its ufrag, so that the door knows whom a check is for. */
  newId(): { readonly id: number; readonly prefix: string } {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#ways.has(this.#lastId));
    return { id: this.#lastId, prefix: ufragOfFront(this.#lastId) };
  }

  /** Makes a session's way: nothing is opened until a client comes by it. Rejects if the door's port cannot be had. */
  async serve(id: number, session: ServedSession): Promise<IceWay> {
    await this.listen();
    if (this.#closed) throw new Error('The media engine ends.');
    const address = this.#libraryAddress(session.candidates);
    const way: IceWay = new IceWay(
      id,
      {
        clock: this.#options.clock,
        toClient: (packet, to) => this.#toClient(packet, to),
        claim: (from) => {
          this.#byAddress.set(keyOf(from), way);
          if (from.over === 'tcp') this.#tcp.keep(from);
        },
        release: (from) => {
          const key = keyOf(from);
          if (this.#byAddress.get(key) !== way) return;
          this.#byAddress.delete(key);
          if (from.over === 'tcp') this.#tcp.letGo(from);
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
    const through = ranked(this.#overUdp(candidates), isPreferred ? 'first' : 'second');
    const first = isPreferred ? [...through, ...direct] : [...direct, ...through];
    return [...first, ...this.#overTcp(candidates)];
  }

  /** The candidates to announce with the credentials of a restart: through the door only. */
  moved(candidates: readonly string[]): string[] {
    return [...this.#overUdp(candidates), ...this.#overTcp(candidates)];
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
    const close = () => {
      for (const socket of this.#sockets) socket.close();
      this.#sockets = [];
      this.#tcp.close();
    };
    this.#outer?.then(close, ignore);
    this.#outer = undefined;
  }

  #overUdp(candidates: readonly string[]): string[] {
    return at(candidates, (address) => socketFor(this.#sockets, address)?.address().port);
  }

  #overTcp(candidates: readonly string[]): string[] {
    return passive(
      ranked(
        at(candidates, (address) => this.#tcp.portFor(address)),
        'third',
      ),
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
    if (to.over === 'tcp') this.#tcp.send(packet, to);
    else socketFor(this.#sockets, to.address)?.send(packet, to.port, to.address, ignore);
  }

  async #listen(): Promise<DoorPorts> {
    this.#sockets = await this.#listenUdp();
    const restartPort = this.#sockets[0]?.address().port ?? 0;
    const { tcpPort = 0, anyTcpPort } = this.#options;
    if (tcpPort === 0) return { restartPort, tcpPort: undefined, tcpTrouble: undefined };
    try {
      const opened = this.#tcp.listen(tcpPort);
      const port = await (anyTcpPort ? opened.catch(() => this.#tcp.listen(0)) : opened);
      return { restartPort, tcpPort: port, tcpTrouble: undefined };
    } catch (cause) {
      return { restartPort, tcpPort: undefined, tcpTrouble: String(cause) };
    }
  }

  /** One socket per family that is bound to. */
  async #listenUdp(): Promise<readonly Socket[]> {
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
