import { limits } from '../limits.ts';

const burst = limits.framesPerSecondMax * 5;

/** How many frames a connection may still send: refills steadily, up to a burst. Two numbers, because there are many. */
export class FrameBudget {
  #left: number = burst;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Takes one frame; false if none is left. */
  take(nowMs: number): boolean {
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * limits.framesPerSecondMax) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
