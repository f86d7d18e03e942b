import { mediaLimits } from '../../limits.ts';
import type { MediaPacket } from '../rtp/media-packet.ts';

/** Temporal layers of VP8: none of ours has more. */
const temporalLayers = 4;
/** Frames of which the time is remembered: more than come in `layerMeterMs`. */
const framesKept = 128;

/** The frames and bits that come of one layer. Times are milliseconds; what is counted is what comes in order. */
export class LayerMeter {
  readonly #frameMs = new Float64Array(framesKept).fill(Number.NEGATIVE_INFINITY);
  #frames = 0;
  #timestamp = -1;
  #highest = -1;
  /** Since the last whole `layerMeterMs`, by temporal layer. */
  readonly #bits = new Float64Array(temporalLayers);
  readonly #rates = new Float64Array(temporalLayers);
  #sinceMs = 0;
  /** The most that came so far in a whole `layerMeterMs`, bits per second. */
  bitsPerSecondMax = 0;

  /** Takes a packet that is new. */
  arrived(packet: MediaPacket, bytes: number, nowMs: number): void {
    this.#roll(nowMs);
    const layer = Math.min(packet.vp8.temporalId, temporalLayers - 1);
    this.#bits[layer] = (this.#bits[layer] ?? 0) + bytes * 8;
    if (packet.sequence <= this.#highest) return;
    this.#highest = packet.sequence;
    if (packet.timestamp === this.#timestamp) return;
    this.#timestamp = packet.timestamp;
    this.#frameMs[this.#frames % framesKept] = nowMs;
    this.#frames += 1;
  }

  /** Bits per second of the temporal layers up to `temporalId`, as the last whole `layerMeterMs` had them. */
  bitsPerSecond(nowMs: number, temporalId = temporalLayers - 1): number {
    this.#roll(nowMs);
    let sum = 0;
    for (let layer = 0; layer <= temporalId; layer += 1) sum += this.#rates[layer] ?? 0;
    return sum;
  }

  /** Frames of the last `layerMeterMs`. */
  framesPerSecond(nowMs: number): number {
    let count = 0;
    while (count < Math.min(this.#frames, framesKept) && this.#ageMs(count, nowMs) < mediaLimits.layerMeterMs)
      count += 1;
    return (count * 1_000) / mediaLimits.layerMeterMs;
  }

  /** True if a frame came within three of the layer's own intervals: no packet tells that a layer is no longer sent. */
  isAlive(nowMs: number): boolean {
    if (this.#frames === 0) return false;
    const kept = Math.min(this.#frames, framesKept, 10);
    // The mean of the last few intervals: one frame that was late must not make the layer slow.
    const intervalMs = kept < 2 ? 0 : (this.#ageMs(kept - 1, nowMs) - this.#ageMs(0, nowMs)) / (kept - 1);
    const { layerFramesMissed, layerEndedMsMin } = mediaLimits;
    return this.#ageMs(0, nowMs) <= Math.max(layerEndedMsMin, layerFramesMissed * intervalMs);
  }

  /** Another source: what was counted is of the one before. */
  reset(): void {
    this.#frames = 0;
    this.#timestamp = -1;
    this.#highest = -1;
    this.#bits.fill(0);
    this.#rates.fill(0);
    this.bitsPerSecondMax = 0;
  }

  /** Age of the frame that is so many before the last, milliseconds. */
  #ageMs(before: number, nowMs: number): number {
    return nowMs - (this.#frameMs[(this.#frames - 1 - before) % framesKept] ?? Number.NEGATIVE_INFINITY);
  }

  #roll(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < mediaLimits.layerMeterMs) return;
    this.#sinceMs = nowMs;
    // Nobody looked for a while: what was counted is spread over that.
    for (let layer = 0; layer < temporalLayers; layer += 1) {
      this.#rates[layer] = ((this.#bits[layer] ?? 0) * 1_000) / passedMs;
      this.#bits[layer] = 0;
    }
    this.bitsPerSecondMax = Math.max(
      this.bitsPerSecondMax,
      this.#rates.reduce((sum, rate) => sum + rate, 0),
    );
  }
}
