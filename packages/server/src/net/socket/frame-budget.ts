import { limits } from '../../limits.ts';

/** How many frames may come at once, as a multiple of those per second. */
export const burstSeconds = 5;

/** How many frames a connection may still send: refills steadily, up to a burst. Three numbers, because there are many. */
export class FrameBudget {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(steadyMs: number, perSecond: number = limits.framesPerSecondMax) {
    this.#perSecond = perSecond;
    this.#left = perSecond * burstSeconds;
    this.#atMs = steadyMs;
  }

  /** Takes one frame, or another amount, but never more than a full burst; false if that is not left. */
  take(steadyMs: number, amount = 1): boolean {
    const burst = this.#perSecond * burstSeconds;
    const refill = ((steadyMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(burst, this.#left + refill);
    this.#atMs = steadyMs;
    const taken = Math.min(amount, burst);
    if (this.#left < taken) return false;
    this.#left -= taken;
    return true;
  }

  /** Gives back part of what was taken. */
  giveBack(amount: number): void {
    this.#left += amount;
  }
}
