import { limits } from '../limits.ts';

/** How many frames may come at once, as a multiple of those per second. */
const burstSeconds = 5;

/** How many frames a connection may still send: refills steadily, up to a burst. Three numbers, because there are many. */
export class FrameBudget {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(nowMs: number, perSecond: number = limits.framesPerSecondMax) {
    this.#perSecond = perSecond;
    this.#left = perSecond * burstSeconds;
    this.#atMs = nowMs;
  }

  /** Takes one frame; false if none is left. */
  take(nowMs: number): boolean {
    const refill = ((nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(this.#perSecond * burstSeconds, this.#left + refill);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
