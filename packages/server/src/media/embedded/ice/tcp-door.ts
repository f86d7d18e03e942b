/** The passive end of ICE over TCP (RFC 6544): connections of clients for whom UDP does not get through. */

import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../../clock.ts';
import { holderOf } from '../../../net/address/ip-address.ts';
import type { MediaChildLimits } from '../../engine-limits.ts';
import { mediaLimits } from '../../limits.ts';
import { keyOf, type Origin } from './ice-front.ts';
import { framed, framedBytesMax, PacketFrames } from './packet-frames.ts';
import { ignore, isAny } from './udp-sockets.ts';

export type TcpDoorLimits = Pick<
  MediaChildLimits,
  'mediaTcpConnectionsMax' | 'mediaTcpConnectionsPerAddressMax'
>;

export interface TcpDoorOptions {
  readonly bindAddress: string;
  readonly clock: Clock;
  readonly limits: TcpDoorLimits;
  readonly received: (packet: Buffer, from: Origin) => void;
  /** The connection from there is closed. */
  readonly lost: (from: Origin) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly from: Origin;
  readonly holder: string;
  readonly frames: PacketFrames;
  /** When it was opened, or when the session that it belonged to let it go. */
  sinceMs: number;
  /** A client with a session's password is there. */
  proved: boolean;
}

export class TcpDoor {
  readonly #options: TcpDoorOptions;
  readonly #connections = new Map<string, Connection>();
  /** Connections that are not proved, the oldest first. */
  readonly #unproved = new Set<Connection>();
  readonly #byHolder = new Map<string, number>();
  #servers: readonly Server[] = [];
  #stopTicking: (() => void) | undefined;

  constructor(options: TcpDoorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Opens the port (0: any that is free) in each family that is bound to, and resolves with it; rejects if it cannot be had. */
  async listen(port: number): Promise<number> {
    const { bindAddress } = this.#options;
    if (!isAny(bindAddress)) {
      this.#servers = [await this.#server(bindAddress, port)];
    } else {
      const four = await this.#server('0.0.0.0', port);
      // A machine without IPv6 has no such candidates either.
      const six = await this.#server('::', portOf(four)).catch(() => undefined);
      this.#servers = six === undefined ? [four] : [four, six];
    }
    return portOf(this.#servers[0]);
  }

  /** The port for clients that come to an address of this family; undefined if there is none. */
  portFor(address: string): number | undefined {
    const found = this.#servers.find((server) => {
      const bound = server.address();
      return (
        bound !== null && typeof bound === 'object' && bound.address.includes(':') === address.includes(':')
      );
    });
    return found && portOf(found);
  }

  /** Sends a packet; or drops it, as a network would, if too much waits for the client already. */
  send(packet: Buffer, to: Origin): void {
    const socket = this.#connections.get(keyOf(to))?.socket;
    if (socket === undefined || packet.length > framedBytesMax) return;
    if (socket.writableLength + packet.length > mediaLimits.iceTcpUnsentBytesMax) return;
    socket.write(framed(packet));
  }

  /** A client with a session's password is there: its connection stays. */
  keep(from: Origin): void {
    const connection = this.#connections.get(keyOf(from));
    if (connection === undefined) return;
    connection.proved = true;
    this.#unproved.delete(connection);
  }

  /** Its session has let it go: it is closed if no other takes it. */
  letGo(from: Origin): void {
    const connection = this.#connections.get(keyOf(from));
    if (connection === undefined || !connection.proved) return;
    connection.proved = false;
    connection.sinceMs = this.#options.clock.steadyMs();
    this.#unproved.add(connection);
  }

  /** Closes the port and all connections. */
  close(): void {
    for (const server of this.#servers) server.close();
    this.#servers = [];
    for (const connection of [...this.#connections.values()]) this.#remove(connection);
  }

  async #server(address: string, port: number): Promise<Server> {
    const server = createServer((socket) => this.#accept(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port, ipv6Only: address.includes(':') }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      server.close();
      throw cause;
    }
    server.on('error', ignore);
    return server;
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore);
    const { remoteAddress, remotePort } = socket;
    const { mediaTcpConnectionsMax, mediaTcpConnectionsPerAddressMax } = this.#options.limits;
    // Gone already.
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const holder = holderOf(remoteAddress);
    const held = this.#byHolder.get(holder) ?? 0;
    const [oldest] = this.#unproved;
    if (this.#connections.size >= mediaTcpConnectionsMax && oldest !== undefined) this.#remove(oldest);
    if (held >= mediaTcpConnectionsPerAddressMax || this.#connections.size >= mediaTcpConnectionsMax) {
      socket.destroy();
      return;
    }
    const connection: Connection = {
      socket,
      from: { address: remoteAddress, port: remotePort, over: 'tcp' },
      holder,
      frames: new PacketFrames(),
      sinceMs: this.#options.clock.steadyMs(),
      proved: false,
    };
    this.#connections.set(keyOf(connection.from), connection);
    this.#unproved.add(connection);
    this.#byHolder.set(holder, (this.#byHolder.get(holder) ?? 0) + 1);
    this.#stopTicking ??= this.#startTicking();
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      if (typeof chunk !== 'string') this.#read(connection, chunk);
    });
    socket.once('close', () => this.#remove(connection));
  }

  #read(connection: Connection, chunk: Buffer): void {
    const { socket, frames, from, proved } = connection;
    // A stranger has checks to send and nothing else.
    const packets = frames.take(chunk, proved ? framedBytesMax : mediaLimits.iceTcpFirstFrameBytesMax);
    if (packets === undefined) this.#remove(connection);
    for (const packet of packets ?? []) {
      if (socket.destroyed) return;
      this.#options.received(packet, from);
    }
  }

  #remove(connection: Connection): void {
    const { socket, from, holder } = connection;
    if (this.#connections.get(keyOf(from)) !== connection) return;
    this.#connections.delete(keyOf(from));
    this.#unproved.delete(connection);
    const held = (this.#byHolder.get(holder) ?? 1) - 1;
    if (held > 0) this.#byHolder.set(holder, held);
    else this.#byHolder.delete(holder);
    socket.destroy();
    this.#options.lost(from);
    if (this.#connections.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  #startTicking(): () => void {
    const timer = setInterval(() => {
      const nowMs = this.#options.clock.steadyMs();
      for (const connection of this.#unproved) {
        if (nowMs - connection.sinceMs < mediaLimits.iceTcpUnprovedMs) break;
        this.#remove(connection);
      }
    }, mediaLimits.iceTcpTickMs);
    return () => clearInterval(timer);
  }
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
