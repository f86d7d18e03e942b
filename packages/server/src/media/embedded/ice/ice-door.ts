/** The sockets of the ICE fronts: one port of the process for all restarted sessions, and a loopback socket for each. */

import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Clock } from '../../../clock.ts';
import { defaultMediaLimits, type MediaChildLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { type Credentials, frontOfTransaction, frontOfUfrag, IceFront, keyOf } from './ice-front.ts';
import { type Address, isStun, readStun } from './stun.ts';

export interface IceDoorOptions {
  /** The library's port. Restarted sessions use the next one, or any if that is taken. */
  readonly udpPort: number;
  readonly bindAddress: string;
  readonly clock: Clock;
  /** Default: those of limits.ts. */
  readonly limits?: Pick<MediaChildLimits, 'mediaRestartedSessionsMax'>;
}

/** A transport of the library: its own credentials, those it knows the client by, its candidates as announced. */
export interface LibraryTransport {
  readonly own: Credentials;
  readonly client: Credentials;
  readonly candidates: readonly string[];
}

/** A session's way through the door. */
export interface IceWay {
  /** False once it was closed, or when nobody came this way for too long: then a restart needs another. */
  readonly usable: boolean;
  /** Time since the client last answered a check this way, milliseconds; undefined until it has come. */
  readonly consentAgeMs: number | undefined;
  /** The client's new credentials for ours, and the candidates to announce. */
  restart(client: Credentials): Credentials & { readonly candidates: readonly string[] };
  /** Frees its socket. Idempotent. */
  close(): void;
}

interface Entry {
  readonly front: IceFront;
  readonly close: () => void;
  readonly openedMs: number;
  /** Says whether the library agreed; only the first call counts. */
  readonly settle: (agreed: boolean) => void;
}

export class IceDoor {
  readonly #options: IceDoorOptions;
  readonly #entries = new Map<number, Entry>();
  readonly #byAddress = new Map<string, IceFront>();
  #outer: Promise<readonly Socket[]> | undefined;
  #stopTicking: (() => void) | undefined;
  #opening = 0;
  #lastId = 0;
  #closed = false;

  constructor(options: IceDoorOptions) {
    this.#options = options;
  }

  /** Sessions whose ICE was restarted. */
  get size(): number {
    return this.#entries.size;
  }

  /** Opens its port, and resolves with it; rejects if none can be had. The first restart does it, if nobody else did. */
  async listen(): Promise<number> {
    const [first] = await this.#listening();
    return first?.address().port ?? 0;
  }

  /**
   * Makes a way to a transport of the library, which goes on without it until a client comes this way. Throws if there are
   * too many, no socket can be had, or the library does not agree.
   */
  async open(transport: LibraryTransport): Promise<IceWay> {
    if (
      this.#entries.size + this.#opening >=
      (this.#options.limits ?? defaultMediaLimits).mediaRestartedSessionsMax
    )
      throw new Error('Too many sessions have restarted ICE.');
    this.#opening += 1;
    try {
      const outer = await this.#listening();
      const address = this.#libraryAddress(transport.candidates);
      const inner = await bound(address, 0);
      await connected(inner, this.#options.udpPort, address);
      if (!this.#closed)
        return await this.#way(outer, inner, { address, port: this.#options.udpPort }, transport);
      inner.close();
      throw new Error('The media engine ends.');
    } finally {
      this.#opening -= 1;
    }
  }

  /** Frees every socket. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#entries.keys()]) this.#remove(id);
    const outer = this.#outer;
    this.#outer = undefined;
    outer?.then(
      (sockets) => {
        for (const socket of sockets) socket.close();
      },
      () => undefined,
    );
  }

  async #way(
    outer: readonly Socket[],
    inner: Socket,
    library: Address,
    { own, client, candidates }: LibraryTransport,
  ): Promise<IceWay> {
    const { clock } = this.#options;
    const id = this.#newId();
    let open = true;
    const close = () => {
      open = false;
      inner.close();
    };
    const front: IceFront = new IceFront({
      id,
      library: { own, client, address: library },
      // Packets that were read together are handled together, the socket closed in between or not.
      toLibrary: (packet) => {
        if (open) inner.send(packet, ignore);
      },
      toClient: (packet, to) => socketFor(outer, to.address)?.send(packet, to.port, to.address, ignore),
      claim: (address) => this.#byAddress.set(keyOf(address), front),
      release: (address) => {
        const key = keyOf(address);
        if (this.#byAddress.get(key) === front) this.#byAddress.delete(key);
      },
      nowMs: clock.steadyMs(),
    });
    const agreed = new Promise<boolean>((settle) => {
      this.#entries.set(id, { front, close, openedMs: clock.steadyMs(), settle });
      inner.on('message', (packet) => {
        front.fromLibrary(packet, clock.steadyMs());
        if (front.library !== 'checking') settle(front.library === 'proved');
      });
    });
    this.#stopTicking ??= this.#startTicking();
    const announced = moved(candidates, outer);
    if (!(await agreed) || announced.length === 0) {
      this.#remove(id);
      throw new Error('The transport cannot be moved.');
    }
    const entries = this.#entries;
    return {
      get usable() {
        return entries.has(id) && !front.expired(clock.steadyMs(), mediaLimits.frontRenewMs);
      },
      get consentAgeMs() {
        return front.consentAgeMs(clock.steadyMs());
      },
      restart: (credentials) => ({ ...front.restart(credentials, clock.steadyMs()), candidates: announced }),
      close: () => this.#remove(id),
    };
  }

  #listening(): Promise<readonly Socket[]> {
    if (this.#outer !== undefined) return this.#outer;
    const opened = this.#listen();
    this.#outer = opened;
    opened.catch(() => {
      if (this.#outer === opened) this.#outer = undefined;
    });
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
      socket.on('message', (packet, from) => this.#received(packet, from));
    }
    return sockets;
  }

  #received(packet: Buffer, from: Address): void {
    // Nobody can be answered there, and the attempt would throw.
    if (from.port === 0) return;
    const nowMs = this.#options.clock.steadyMs();
    if (!isStun(packet)) {
      this.#byAddress.get(keyOf(from))?.dataFromClient(packet, from, nowMs);
      return;
    }
    const message = readStun(packet);
    if (message === undefined) return;
    const id =
      message.type === 'request'
        ? frontOfUfrag(message.username ?? '')
        : frontOfTransaction(message.transaction);
    this.#entries.get(id)?.front.stunFromClient(packet, message, from, nowMs);
  }

  /** The address at which the library listens: of the family that it would choose, or the new way might rank below the old one. */
  #libraryAddress(candidates: readonly string[]): string {
    const { bindAddress } = this.#options;
    if (!isAny(bindAddress)) return bindAddress;
    return candidates.some((candidate) => addressOf(candidate).includes(':')) ? '::1' : '127.0.0.1';
  }

  #newId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#entries.has(this.#lastId));
    return this.#lastId;
  }

  #remove(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    entry.front.close();
    entry.close();
    entry.settle(false);
    if (this.#entries.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #startTicking(): () => void {
    const timer = setInterval(() => this.#tick(), mediaLimits.tickMs);
    return () => clearInterval(timer);
  }

  #tick(): void {
    const nowMs = this.#options.clock.steadyMs();
    for (const [id, { front, openedMs, settle }] of [...this.#entries]) {
      front.tick(nowMs);
      if (front.library === 'checking' && nowMs - openedMs >= mediaLimits.frontOpenMs) settle(false);
      if (front.expired(nowMs, mediaLimits.frontConnectMs)) this.#remove(id);
    }
  }
}

const ignore = (): void => undefined;

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::' || address === '';

/** Resolves with a socket; rejects if the port cannot be had. Addresses are literal: nothing is looked up. */
async function bound(address: string, port: number): Promise<Socket> {
  const six = isIP(address) === 6;
  const socket = createSocket({
    type: six ? 'udp6' : 'udp4',
    ipv6Only: six,
    lookup: (name, _options, found) => found(null, name, six ? 6 : 4),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    // A port at the other end that is closed, say: its silence tells.
    socket.on('error', ignore);
    return socket;
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

/** Resolves when the socket hears and speaks to that port only; else rejects, with the socket closed. */
async function connected(socket: Socket, port: number, address: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

const socketFor = (sockets: readonly Socket[], address: string): Socket | undefined =>
  sockets.find((socket) => (socket.address().family === 'IPv6') === address.includes(':'));

const addressOf = (candidate: string): string => candidate.split(' ')[4] ?? '';

/** The same candidates, at the port of the socket of their family. */
function moved(candidates: readonly string[], sockets: readonly Socket[]): string[] {
  return candidates.flatMap((candidate) => {
    const parts = candidate.split(' ');
    const socket = socketFor(sockets, addressOf(candidate));
    if (socket === undefined) return [];
    parts[5] = String(socket.address().port);
    return [parts.join(' ')];
  });
}
