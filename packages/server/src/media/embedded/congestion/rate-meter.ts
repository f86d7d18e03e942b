/** Width of a place, milliseconds. */
const placeMs = 50;

/** The rate of what passes, over a window that ends now. Flat places, so that a packet costs one addition. */
export class RateMeter {
  readonly #places: Float64Array;
  #startMs = Number.NaN;
  #place = 0;
  #total = 0;

  constructor(windowMs = 1_000) {
    this.#places = new Float64Array(Math.max(1, Math.round(windowMs / placeMs)));
  }

  /** `nowMs` never goes back. */
  add(bytes: number, nowMs: number): void {
    this.#moveTo(nowMs);
    const slot = this.#place % this.#places.length;
    this.#places[slot] = (this.#places[slot] ?? 0) + bytes;
    this.#total += bytes;
  }

  /** Bits per second; over the time since the first packet, while that is shorter than the window. */
  bitsPerSecond(nowMs: number): number {
    if (Number.isNaN(this.#startMs)) return 0;
    this.#moveTo(nowMs);
    const windowMs = this.#places.length * placeMs;
    const passedMs = Math.max(placeMs, nowMs - this.#startMs);
    return (this.#total * 8_000) / Math.min(windowMs, passedMs);
  }

  #moveTo(nowMs: number): void {
    const place = Math.floor(nowMs / placeMs);
    if (Number.isNaN(this.#startMs)) {
      this.#startMs = nowMs;
      this.#place = place;
      return;
    }
    const steps = Math.min(place - this.#place, this.#places.length);
    for (let step = 1; step <= steps; step++) {
      const slot = (place - steps + step) % this.#places.length;
      this.#total -= this.#places[slot] ?? 0;
      this.#places[slot] = 0;
    }
    if (place > this.#place) this.#place = place;
  }
}
