/** One session's way through the door: its front, and the leg from there to the library while a client needs one. */

import type { Clock } from '../../../clock.ts';
import { mediaLimits } from '../../limits.ts';
import { type Credentials, IceFront, type Origin } from './ice-front.ts';
import { LibraryLeg } from './library-leg.ts';
import type { Address, StunMessage } from './stun.ts';

/** A transport of the library: its own credentials, those it knows the client by, where it listens. */
export interface LibraryTransport {
  readonly own: Credentials;
  readonly client: Credentials;
  readonly address: Address;
  /** It has found its client by itself. */
  readonly isConnected: () => boolean;
}

/** What the door does for a way. */
export interface Doorway {
  readonly clock: Clock;
  readonly toClient: (packet: Buffer, to: Origin) => void;
  readonly claim: (address: Origin) => void;
  readonly release: (address: Origin) => void;
  /** It has something to do at each tick from now on. */
  readonly busy: () => void;
  /** False if no more sessions may restart ICE. */
  readonly admitRestart: () => boolean;
  /** It is not needed any more. */
  readonly done: () => void;
}

export class IceWay {
  readonly #id: number;
  readonly #door: Doorway;
  readonly #library: Address;
  readonly #front: IceFront;
  #leg: LibraryLeg | undefined;
  #lastOpenedMs = Number.NEGATIVE_INFINITY;
  /** Restarts that wait for the library. */
  #restarting = 0;
  #endsMs: number | undefined;
  #closed = false;

  /** `isPreferred`: clients come this way if they can. */
  constructor(id: number, door: Doorway, library: LibraryTransport, isPreferred: boolean) {
    this.#id = id;
    this.#door = door;
    this.#library = library.address;
    this.#front = new IceFront({
      id,
      library,
      isPreferred,
      libraryIsConnected: library.isConnected,
      wantLeg: () => this.#wantLeg(),
      toLibrary: (packet) => this.#leg?.send(packet),
      toClient: door.toClient,
      claim: door.claim,
      release: door.release,
    });
  }

  get id(): number {
    return this.#id;
  }

  /** It holds a socket: a leg to the library is open, or being opened. */
  get isOpen(): boolean {
    return this.#leg !== undefined;
  }

  get restarted(): boolean {
    return this.#restarting > 0 || this.#front.hasRestarted;
  }

  /** What the client comes over, if media takes this way. */
  get carries(): 'udp' | 'tcp' | undefined {
    return this.#front.carries;
  }

  /** Time since the client last answered a check this way, milliseconds; undefined while media does not take it. */
  get consentAgeMs(): number | undefined {
    return this.#front.consentAgeMs(this.#nowMs);
  }

  get front(): IceFront {
    return this.#front;
  }

  /** Nothing is due: it need not be ticked. */
  get isIdle(): boolean {
    return this.#leg === undefined && this.#endsMs === undefined && this.#front.isIdle;
  }

  get #nowMs(): number {
    return this.#door.clock.steadyMs();
  }

  stun(packet: Buffer, message: StunMessage, from: Origin, nowMs: number): void {
    this.#front.stunFromClient(packet, message, from, nowMs);
    if (!this.#front.isIdle) this.#door.busy();
  }

  /**
   * The client's new credentials for ours. The library goes on as it was until a client comes this way. Throws if too many
   * sessions have restarted, no socket can be had, or the library does not agree.
   */
  async restart(client: Credentials): Promise<Credentials> {
    if (!this.restarted && !this.#door.admitRestart())
      throw new Error('Too many sessions have restarted ICE.');
    this.#restarting += 1;
    try {
      // What the library said so long ago, with nobody there, cannot be relied on.
      if (this.#front.expired(this.#nowMs, mediaLimits.frontRenewMs)) this.#leave();
      this.#leg ??= this.#open();
      const leg = this.#leg;
      const agreed = await leg.agreed;
      if (agreed && this.#leg === leg && this.#endsMs === undefined)
        return this.#front.restart(client, this.#nowMs);
      if (this.#leg === leg) this.#leave();
      throw new Error('The transport cannot be moved.');
    } finally {
      this.#restarting -= 1;
    }
  }

  tick(nowMs: number): void {
    const leg = this.#leg;
    this.#front.tick(nowMs);
    if (this.#endsMs !== undefined && nowMs >= this.#endsMs) this.close();
    if (leg === undefined) return;
    const { library } = this.#front;
    const isLate = library === 'checking' && nowMs - leg.openedMs >= mediaLimits.frontOpenMs;
    if (isLate || library === 'refused' || this.#front.expired(nowMs, mediaLimits.frontConnectMs))
      this.#leave();
  }

  /** The session has ended: its socket is freed, and for a while its checks are answered so. */
  end(): void {
    if (this.#closed) return;
    this.#leave();
    this.#front.end();
    this.#endsMs = this.#nowMs + mediaLimits.frontEndedMs;
    this.#door.busy();
  }

  /** Frees all. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.#front.close();
    this.#door.done();
  }

  #wantLeg(): void {
    if (this.#leg !== undefined || this.#closed || this.#endsMs !== undefined) return;
    if (this.#nowMs - this.#lastOpenedMs < mediaLimits.frontRetryMs) return;
    // One that cannot be had is wanted again by the client's next check.
    this.#leg = this.#open();
  }

  #leave(): void {
    const leg = this.#leg;
    this.#leg = undefined;
    leg?.close();
    this.#front.leave();
  }

  #open(): LibraryLeg {
    this.#lastOpenedMs = this.#nowMs;
    this.#door.busy();
    const leg = new LibraryLeg(this.#front, this.#library, this.#door.clock);
    leg.agreed.catch(() => {
      if (this.#leg === leg) this.#leave();
    });
    return leg;
  }
}
