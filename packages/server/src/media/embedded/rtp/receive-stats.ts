import type { ReportBlock, SenderInfo } from './rtcp.ts';

/** Makes the block of a receiver report about one incoming stream (RFC 3550 appendix A.3 and A.8). Times are milliseconds. */
export class ReceiveStats {
  readonly #clockRate: number;
  #first = -1;
  #highest = -1;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit = Number.NaN;
  #lastReport = 0;
  #lastReportAtMs = 0;

  /** `clockRate`: RTP ticks per second. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  arrived(sequence: number, timestamp: number, nowMs: number): void {
    if (this.#first < 0 || sequence < this.#first) this.#first = sequence;
    if (sequence > this.#highest) this.#highest = sequence;
    this.#received += 1;
    // Both sides modulo 2^32, as RTP timestamps are.
    const transit = (Math.round((nowMs * this.#clockRate) / 1000) - timestamp) | 0;
    if (!Number.isNaN(this.#transit)) {
      const step = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (step - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  reported(info: SenderInfo, nowMs: number): void {
    this.#lastReport = (((info.ntpSeconds & 0xffff) << 16) | (info.ntpFraction >>> 16)) >>> 0;
    this.#lastReportAtMs = nowMs;
  }

  /** The block for `ssrc`; loss is counted since the last call. Undefined before the first packet. */
  block(ssrc: number, nowMs: number): ReportBlock | undefined {
    if (this.#highest < 0) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc,
      fractionLost:
        expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      packetsLost: expected - this.#received,
      // The unwrapper's first circle is its own: the reported cycle count starts at 0.
      highestSequence: (this.#highest - 0x10000) >>> 0,
      jitter: Math.floor(this.#jitter),
      lastReport: this.#lastReport,
      lastReportAge:
        this.#lastReport === 0 ? 0 : Math.round(((nowMs - this.#lastReportAtMs) * 65_536) / 1000),
    };
  }

  reset(): void {
    this.#first = -1;
    this.#highest = -1;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#jitter = 0;
    this.#transit = Number.NaN;
    this.#lastReport = 0;
  }
}
