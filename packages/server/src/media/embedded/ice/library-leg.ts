import type { Socket } from 'node:dgram';
import type { Clock } from '../../../clock.ts';
import type { IceFront } from './ice-front.ts';
import type { Address } from './stun.ts';
import { bound, connected, ignore } from './udp-sockets.ts';

/** A loopback socket from one front to the library, which tells its clients apart by their addresses. */
export class LibraryLeg {
  readonly openedMs: number;
  /** Resolves with what the library said: true if it would take this way. Rejects if no socket can be had. */
  readonly agreed: Promise<boolean>;
  readonly #front: IceFront;
  readonly #clock: Clock;
  #socket: Socket | undefined;
  #closed = false;
  #settle: (agreed: boolean) => void = ignore;

  /** Opens it at once. */
  constructor(front: IceFront, library: Address, clock: Clock) {
    this.#front = front;
    this.#clock = clock;
    this.openedMs = clock.steadyMs();
    this.agreed = this.#open(library);
  }

  send(packet: Buffer): void {
    this.#socket?.send(packet, ignore);
  }

  close(): void {
    this.#closed = true;
    this.#settle(false);
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #open({ address, port }: Address): Promise<boolean> {
    const said = new Promise<boolean>((resolve) => {
      this.#settle = resolve;
    });
    const socket = await bound(address, 0);
    await connected(socket, port, address);
    if (this.#closed) {
      socket.close();
      return false;
    }
    this.#socket = socket;
    socket.on('message', (packet) => this.#heard(packet));
    this.#front.open(this.#clock.steadyMs());
    return said;
  }

  #heard(packet: Buffer): void {
    // Packets that were read together are handled together, the socket closed in between or not.
    if (this.#closed) return;
    this.#front.fromLibrary(packet, this.#clock.steadyMs());
    const { library } = this.#front;
    if (library !== 'checking') this.#settle(library === 'proved' || library === 'nominated');
  }
}
