import { deadline } from './deadline.ts';
import type { Surroundings } from './surroundings.ts';

export interface HeartbeatHandlers {
  onPing(): void;
  /** The other side said nothing for too long after a ping. */
  onSilence(): void;
}

/** Signs of life both ways: pings at an even pace, however much is said, and the moment at which the other side must be held for dead. */
export class Heartbeat {
  #cancelPing: () => void = () => undefined;
  #cancelSilence: (() => void) | undefined;

  constructor(
    private readonly surroundings: Pick<Surroundings, 'after' | 'passedMs'>,
    private readonly handlers: HeartbeatHandlers,
  ) {}

  /** Pings every `pingMs` milliseconds; without a word within `pongMs` after one, the other side is silent. */
  start(pingMs: number, pongMs: number): void {
    const wait = (): void => {
      this.#cancelPing = this.surroundings.after(pingMs, () => {
        this.handlers.onPing();
        this.#cancelSilence ??= deadline(this.surroundings, pongMs, () => this.handlers.onSilence());
        wait();
      });
    };
    wait();
  }

  /** The other side said something: whatever it was, it lives. */
  heard(): void {
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
  }

  stop(): void {
    this.#cancelPing();
    this.heard();
  }
}
