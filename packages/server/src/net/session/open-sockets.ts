import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import { type Look, Sweep } from '../socket/liveness.ts';
import type { SocketCount } from '../socket/socket-count.ts';
import type { Attended, SocketKeeper } from './conversation.ts';

export interface OpenSocketsOptions {
  readonly clock: Clock;
  /** Counts the sockets of the whole server. */
  readonly sockets: Pick<SocketCount, 'enter' | 'leave'>;
  /** Time for a peer to finish the closing handshake, milliseconds; then its socket is cut. */
  readonly closingMs: number;
  /** Called after each look at all of them, for whatever else is to be looked at. */
  readonly onLook: (look: Look) => void;
}

/** The open sockets of one protocol: takes them in, looks at them regularly, and cuts those that were told to go and do not. */
export class OpenSockets implements SocketKeeper {
  readonly #options: OpenSocketsOptions;
  readonly #sweep: Sweep;
  readonly #open = new Set<Attended>();
  /** Those that were told to go, and when, by the clock that only runs. */
  readonly #closing = new Map<Attended, number>();
  #cancelSweep: (() => void) | undefined;
  #isStopping = false;

  constructor(options: OpenSocketsOptions) {
    this.#options = options;
    this.#sweep = new Sweep(options.clock);
  }

  get size(): number {
    return this.#open.size;
  }

  all(): Iterable<Attended> {
    return this.#open;
  }

  start(): void {
    const { clock, closingMs, onLook } = this.#options;
    this.#cancelSweep = clock.after(fixed.sweepMs, () => {
      const look = this.#sweep.look();
      for (const conversation of this.#open) conversation.sweep(look);
      for (const [{ socket }, sinceMs] of this.#closing)
        if (look.steadyMs - sinceMs > closingMs) socket.terminate();
      onLook(look);
      if (!this.#isStopping) this.start();
    });
  }

  /** Takes one in. At a limit, or when stopping, it is told so and closed. */
  enter(conversation: Attended): void {
    this.#open.add(conversation);
    const isWelcome = this.#options.sockets.enter(conversation.socket.address);
    if (this.#isStopping) conversation.end('going_away');
    else if (!isWelcome) conversation.end('too_many_connections');
  }

  ended(conversation: Attended): void {
    this.#closing.set(conversation, this.#options.clock.steadyMs());
  }

  closed(conversation: Attended): void {
    this.#closing.delete(conversation);
    if (this.#open.delete(conversation)) this.#options.sockets.leave(conversation.socket.address);
  }

  /** Tells everybody to come back after `retryAfterMs`, and takes nobody in any more. */
  stop(retryAfterMs: number): void {
    this.#isStopping = true;
    this.#cancelSweep?.();
    for (const conversation of this.#open) conversation.end('going_away', { retryAfterMs, settled: true });
  }
}
