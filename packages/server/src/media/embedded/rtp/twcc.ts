/**
 * Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01). The publisher numbers
 * every packet over all its streams; we tell it when each arrived, and its own estimator finds the bandwidth. Without it
 * Chromium stays at 360p to 540p.
 */

import { mediaLimits } from '../../limits.ts';
import { setU16, setU32 } from './rtp.ts';
import { SequenceUnwrapper } from './sequence.ts';

export const transportCcUri = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

const tickMicros = 250;
const referenceMicros = 64_000;
const symbolLost = 0;
const symbolSmall = 1;
const symbolLarge = 2;

export interface Arrival {
  /** Unwrapped. */
  readonly sequence: number;
  readonly micros: number;
}

/** Notes arrivals and makes the feedback packets. */
export class TransportFeedback {
  readonly #unwrapper = new SequenceUnwrapper();
  #arrivals: Arrival[] = [];
  #next = -1;
  #count = 0;

  /** `sequence`: 16 bits, from the header extension; `micros`: any steady clock. */
  arrived(sequence: number, micros: number): void {
    if (this.#arrivals.length >= mediaLimits.feedbackArrivalsMax) this.#arrivals.shift();
    this.#arrivals.push({ sequence: this.#unwrapper.unwrap(sequence), micros });
  }

  /** The feedback on everything since the last call, or undefined if nothing arrived. */
  flush(ssrc: number, mediaSsrc: number): Buffer | undefined {
    if (this.#arrivals.length === 0) return undefined;
    const arrivals = this.#arrivals.sort((a, b) => a.sequence - b.sequence);
    this.#arrivals = [];
    const first = arrivals[0]?.sequence ?? 0;
    const last = arrivals.at(-1)?.sequence ?? 0;
    // From where the last one ended, so that losses in between are told; not over a hole that no packet could list.
    const start = this.#next >= 0 && this.#next < first ? this.#next : first;
    const base = last - start >= mediaLimits.feedbackArrivalsMax ? first : start;
    this.#next = Math.max(this.#next, last + 1);
    const packet = buildTransportFeedback(ssrc, mediaSsrc, base, this.#count, arrivals);
    this.#count = (this.#count + 1) & 0xff;
    return packet;
  }
}

/** One feedback packet. `arrivals`: ascending, none before `base`, spanning at most 65,535 numbers. */
export function buildTransportFeedback(
  ssrc: number,
  mediaSsrc: number,
  base: number,
  feedbackCount: number,
  arrivals: readonly Arrival[],
): Buffer {
  const reference = Math.floor((arrivals[0]?.micros ?? 0) / referenceMicros);
  const symbols: number[] = [];
  const deltas: number[] = [];
  // Rounding each arrival, not each step, keeps errors from adding up.
  let ticks = reference * (referenceMicros / tickMicros);
  let previous = base - 1;
  for (const arrival of arrivals) {
    if (arrival.sequence === previous) continue;
    for (let lost = previous + 1; lost < arrival.sequence; lost++) symbols.push(symbolLost);
    previous = arrival.sequence;
    const step = Math.round(arrival.micros / tickMicros) - ticks;
    const delta = Math.max(-0x8000, Math.min(0x7fff, step));
    ticks += delta;
    symbols.push(delta >= 0 && delta <= 255 ? symbolSmall : symbolLarge);
    deltas.push(delta);
  }
  const chunks = chunksOf(symbols);
  let length = 20 + chunks.length * 2;
  for (const delta of deltas) length += delta >= 0 && delta <= 255 ? 1 : 2;
  const padding = (4 - (length % 4)) % 4;
  const packet = Buffer.alloc(length + padding);
  packet[0] = 0x80 | (padding > 0 ? 0x20 : 0) | 15;
  packet[1] = 205;
  setU16(packet, 2, packet.length / 4 - 1);
  setU32(packet, 4, ssrc);
  setU32(packet, 8, mediaSsrc);
  setU16(packet, 12, base & 0xffff);
  setU16(packet, 14, symbols.length);
  setU32(packet, 16, ((reference & 0xffffff) << 8) | feedbackCount);
  let at = 20;
  for (const chunk of chunks) {
    setU16(packet, at, chunk);
    at += 2;
  }
  for (const delta of deltas) {
    if (delta >= 0 && delta <= 255) {
      packet[at] = delta;
      at += 1;
    } else {
      setU16(packet, at, delta & 0xffff);
      at += 2;
    }
  }
  if (padding > 0) packet[packet.length - 1] = padding;
  return packet;
}

/** Runs of eight or more as run-length chunks, the rest as vectors of seven two-bit symbols. */
function chunksOf(symbols: readonly number[]): number[] {
  const chunks: number[] = [];
  let at = 0;
  while (at < symbols.length) {
    const symbol = symbols[at] ?? 0;
    let run = 1;
    while (run < 0x1fff && symbols[at + run] === symbol) run += 1;
    if (run >= 8) {
      chunks.push((symbol << 13) | run);
      at += run;
      continue;
    }
    let chunk = 0xc000;
    for (let i = 0; i < 7; i++) chunk |= (symbols[at + i] ?? 0) << (12 - i * 2);
    chunks.push(chunk);
    at += 7;
  }
  return chunks;
}
