import type { ReportBlock, SenderInfo } from './rtcp.ts';

/** Sender reports that an answer may name: several are under way where they follow each other closely. */
const reportsKept = 4;
/** Weight of a new measurement; chosen, as TCP has it. */
const gain = 1 / 8;

/** The middle 32 bits of a report's NTP time, by which a receiver names it. */
export const nameOf = (info: Pick<SenderInfo, 'ntpSeconds' | 'ntpFraction'>): number =>
  (((info.ntpSeconds & 0xffff) << 16) | (info.ntpFraction >>> 16)) >>> 0;

/** Measures the time there and back by the reports of one stream, milliseconds (RFC 3550 section 6.4.1). */
export class RoundTrip {
  readonly #names = new Uint32Array(reportsKept);
  readonly #sentMs = new Float64Array(reportsKept);
  #next = 0;
  #ms: number | undefined;

  /** Smoothed; undefined until a report was answered. */
  get ms(): number | undefined {
    return this.#ms;
  }

  sent(info: Pick<SenderInfo, 'ntpSeconds' | 'ntpFraction'>, nowMs: number): void {
    this.#names[this.#next] = nameOf(info);
    this.#sentMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % reportsKept;
  }

  answered(
    { lastReport, lastReportAge }: Pick<ReportBlock, 'lastReport' | 'lastReportAge'>,
    nowMs: number,
  ): void {
    const at = lastReport === 0 ? -1 : this.#names.indexOf(lastReport);
    if (at < 0) return;
    const ms = nowMs - (this.#sentMs[at] ?? 0) - (lastReportAge * 1000) / 65_536;
    // A receiver may claim any age.
    if (ms < 0 || ms > 10_000) return;
    this.#ms = this.#ms === undefined ? ms : this.#ms + (ms - this.#ms) * gain;
  }
}
