/**
 * Tells when a connected peer has fallen silent and when it is back. ICE takes 26 s to notice a killed process; reports
 * stop within seconds.
 */
export class Liveness {
  #heardMs: number;
  #stalled = false;
  stallMs: number;

  /** `stallMs`: silence that counts as a stall, milliseconds. */
  constructor(nowMs: number, stallMs: number) {
    this.#heardMs = nowMs;
    this.stallMs = stallMs;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** What changed since the last call, if anything. */
  check(nowMs: number): 'stalled' | 'resumed' | undefined {
    const silent = nowMs - this.#heardMs >= this.stallMs;
    if (silent === this.#stalled) return undefined;
    this.#stalled = silent;
    return silent ? 'stalled' : 'resumed';
  }
}
