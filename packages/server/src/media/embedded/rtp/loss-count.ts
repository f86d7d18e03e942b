import type { ReportBlock } from './rtcp.ts';

/** More than a stream sends between two reports: who reports may claim anything. */
const perReportMax = 10_000;
/** SSRCs that are remembered: those of one peer's streams, and of those before. */
const streamsMax = 8;

/** Adds up the packets that receiver reports say are lost. What comes after all is not taken off: the sum never goes back. */
export class LossCount {
  /** The largest figure reported for each SSRC: late and resent packets make the figure of a stream smaller again. */
  readonly #most = new Map<number, number>();

  /** The number of packets lost beyond what any earlier block of the stream said. */
  take({ ssrc, packetsLost }: Pick<ReportBlock, 'ssrc' | 'packetsLost'>): number {
    const most = this.#most.get(ssrc) ?? 0;
    if (packetsLost <= most) return 0;
    if (this.#most.size >= streamsMax && !this.#most.has(ssrc)) this.#most.clear();
    this.#most.set(ssrc, packetsLost);
    return Math.min(packetsLost - most, perReportMax);
  }
}
