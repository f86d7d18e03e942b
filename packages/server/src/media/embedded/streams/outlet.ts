import { defaultMediaLimits, type MediaChildLimits } from '../../engine-limits.ts';
import { RateMeter } from '../congestion/rate-meter.ts';
import { ResendBudget } from '../congestion/resend-budget.ts';
import type { Counters } from './counters.ts';
import type { Peer } from './peer.ts';

/** Everything that goes to one viewer, whatever stream it is of, leaves here: its way is one. */
export class Outlet {
  /** Undefined while there is no transport. */
  peer: Peer | undefined;
  /** RTP packets sent so far. */
  packets = 0;
  readonly #counters: Counters;
  readonly #budget: ResendBudget;
  readonly #rate = new RateMeter();

  constructor(
    counters: Counters,
    limits: Pick<MediaChildLimits, 'mediaResendsPerSecondMax'> = defaultMediaLimits,
  ) {
    this.#counters = counters;
    this.#budget = new ResendBudget(limits.mediaResendsPerSecondMax);
  }

  get isOpen(): boolean {
    return this.peer !== undefined;
  }

  /** Sends an RTP packet; false if the transport is not up. */
  send(packet: Uint8Array, nowMs: number): boolean {
    if (this.peer === undefined || !this.peer.send(packet)) return false;
    this.#rate.add(packet.length, nowMs);
    this.packets += 1;
    this.#counters.packetsOut += 1;
    this.#counters.bytesOut += packet.length;
    return true;
  }

  /** Sends an RTCP packet. */
  control(packet: Uint8Array): void {
    this.peer?.send(packet);
  }

  /** True if so much may be sent again now; it is counted then. */
  mayResend(bytes: number, nowMs: number): boolean {
    return this.#budget.take(bytes, this.#rate.bitsPerSecond(nowMs), nowMs);
  }
}
