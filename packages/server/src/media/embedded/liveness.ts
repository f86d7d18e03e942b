import { mediaLimits } from '../limits.ts';

/**
 * Tells when a connected peer has fallen silent and when it is back. ICE takes up to 30 s to notice a killed process;
 * packets stop at once. Each peer is judged by its own habit: one that reports every few seconds is given longer, and one
 * of which no packet has ever come shows no habit at all. A player need not send RTCP, so that one is left to ICE.
 */
export class Liveness {
  readonly #stallMs: number;
  #heardMs: number;
  #everHeard = false;
  #shortGaps = 0;
  #stalled = false;

  /**
   * `stallMs`: silence that counts as a stall for a peer with a quick habit, milliseconds. `quick`: believed quick until
   * it shows otherwise; else it must show it first.
   */
  constructor(nowMs: number, stallMs: number, quick: boolean) {
    this.#heardMs = nowMs;
    this.#stallMs = stallMs;
    this.#shortGaps = quick ? mediaLimits.quickGaps : 0;
  }

  /** When the last packet came; before the first one, when the transport came up, or the start. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** False until the first packet: only ICE knows whether such a peer is there. */
  get everHeard(): boolean {
    return this.#everHeard;
  }

  /** The transport came up, which is a sign of life, but no habit. */
  connected(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** A packet came: RTP or RTCP. */
  heard(nowMs: number): void {
    this.#everHeard = true;
    if (nowMs - this.#heardMs >= mediaLimits.slowGapMs) this.#shortGaps = 0;
    else if (this.#shortGaps < mediaLimits.quickGaps) this.#shortGaps += 1;
    this.#heardMs = nowMs;
  }

  /**
   * The change since the last call, if there is one. `consentAgeMs`: time since the peer last answered a check of its
   * address, milliseconds, where we see that; else the transport itself says when ICE gave it up.
   */
  check(nowMs: number, consentAgeMs = 0): 'stalled' | 'resumed' | undefined {
    const silent = this.#everHeard
      ? nowMs - this.#heardMs >= this.#allowedMs
      : consentAgeMs >= mediaLimits.iceConsentMs;
    if (silent === this.#stalled) return undefined;
    this.#stalled = silent;
    return silent ? 'stalled' : 'resumed';
  }

  get #allowedMs(): number {
    return this.#shortGaps >= mediaLimits.quickGaps ? this.#stallMs : mediaLimits.slowStallMs;
  }
}
