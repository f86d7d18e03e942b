/** What a link does to packets of one direction. All may change while packets wait. */
export interface LinkShape {
  /** Kilobits per second; infinite if left out. */
  readonly kilobits?: number;
  /** Time that a packet may have to wait for its turn, milliseconds; one that would wait longer is dropped (drop-tail). Default 200. */
  readonly queueMs?: number;
  /** Time on the way after its turn, milliseconds. */
  readonly delayMs?: number;
  /** Up to so much more time on the way, milliseconds, drawn for each packet; none overtakes another. */
  readonly jitterMs?: number;
  /** The share of packets that get lost on the way, each by itself, percent. */
  readonly lossPercent?: number;
  /** Nothing comes through: neither what arrives nor what is on its way. */
  readonly cut?: boolean;
  /** Kilobits per second of somebody else's packets, 1,200 bytes each, which wait in the same queue. */
  readonly competingKilobits?: number;
}

/** What became of packets so far; all bytes are those of payloads of UDP. */
export interface LinkCounts {
  readonly arrived: { readonly packets: number; readonly bytes: number };
  readonly delivered: { readonly packets: number; readonly bytes: number };
  /** Packets that the queue had no room for, that got lost on the way, and that met a cut. */
  readonly overflowed: number;
  readonly lost: number;
  readonly cut: number;
}

interface Waiting {
  /** Undefined: somebody else's. */
  readonly packet: Buffer | undefined;
  readonly deliver: (packet: Buffer) => void;
  bitsLeft: number;
}
interface OnTheWay {
  readonly packet: Buffer;
  readonly deliver: (packet: Buffer) => void;
  readonly dueMs: number;
}

const competingBytes = 1_200;
const bitsPerByte = 8;
const nobody = (): void => undefined;

/**
 * One direction of one link: a queue that is served at the link's rate, then the way. Whoever has it tells it the time, and
 * calls `advance` at `nextMs`: one timer serves all packets of it, since a timer for each would let them overtake each other.
 */
export class LinkQueue {
  #shape: LinkShape;
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];
  readonly #onTheWay: OnTheWay[] = [];
  /** The time up to which the head of the queue was served, milliseconds. */
  #servedMs = 0;
  #bitsWaiting = 0;
  #nextCompetingMs = Number.POSITIVE_INFINITY;
  #lastDueMs = 0;
  readonly #counts = {
    arrived: { packets: 0, bytes: 0 },
    delivered: { packets: 0, bytes: 0 },
    overflowed: 0,
    lost: 0,
    cut: 0,
  };

  /** `random`: from 0 to below 1. */
  constructor(shape: LinkShape, random: () => number, nowMs: number) {
    this.#shape = {};
    this.#random = random;
    this.reshape(shape, nowMs);
  }

  get counts(): LinkCounts {
    const { arrived, delivered, ...others } = this.#counts;
    return { arrived: { ...arrived }, delivered: { ...delivered }, ...others };
  }

  /** Is another link from now on; what waits is served at the new rate. */
  reshape(shape: LinkShape, nowMs: number): void {
    this.advance(nowMs);
    this.#shape = shape;
    const competes = (shape.competingKilobits ?? 0) > 0;
    if (!competes) this.#nextCompetingMs = Number.POSITIVE_INFINITY;
    else if (this.#nextCompetingMs === Number.POSITIVE_INFINITY) this.#nextCompetingMs = nowMs;
  }

  /** A packet arrives; it comes out by `deliver`, or never. */
  push(packet: Buffer, deliver: (packet: Buffer) => void, nowMs: number): void {
    this.advance(nowMs);
    this.#counts.arrived.packets += 1;
    this.#counts.arrived.bytes += packet.length;
    if (this.#shape.cut) this.#counts.cut += 1;
    else if (!this.#enqueue(packet, deliver, packet.length, nowMs)) this.#counts.overflowed += 1;
    this.advance(nowMs);
  }

  /** The time at which `advance` has something to do, milliseconds; infinite while there is nothing. */
  get nextMs(): number {
    const [head] = this.#waiting;
    const servedMs =
      head === undefined ? Number.POSITIVE_INFINITY : this.#servedMs + this.#serviceMs(head.bitsLeft);
    return Math.min(servedMs, this.#onTheWay[0]?.dueMs ?? Number.POSITIVE_INFINITY, this.#nextCompetingMs);
  }

  /** Does all that is due by then, in the order of its times. */
  advance(nowMs: number): void {
    this.#serve(nowMs);
    for (
      let first = this.#onTheWay[0];
      first !== undefined && first.dueMs <= nowMs;
      first = this.#onTheWay[0]
    ) {
      this.#onTheWay.shift();
      if (this.#shape.cut) {
        this.#counts.cut += 1;
        continue;
      }
      this.#counts.delivered.packets += 1;
      this.#counts.delivered.bytes += first.packet.length;
      first.deliver(first.packet);
    }
  }

  #serve(nowMs: number): void {
    for (;;) {
      const [head] = this.#waiting;
      const doneMs =
        head === undefined ? Number.POSITIVE_INFINITY : this.#servedMs + this.#serviceMs(head.bitsLeft);
      if (this.#nextCompetingMs <= Math.min(doneMs, nowMs)) {
        this.#enqueue(undefined, nobody, competingBytes, this.#nextCompetingMs);
        this.#nextCompetingMs += (competingBytes * bitsPerByte) / (this.#shape.competingKilobits ?? 1);
      } else if (head !== undefined && doneMs <= nowMs) {
        this.#waiting.shift();
        // Sums of fractions drift: an empty queue is exactly empty.
        this.#bitsWaiting = this.#waiting.length === 0 ? 0 : this.#bitsWaiting - head.bitsLeft;
        this.#servedMs = doneMs;
        this.#sendOff(head, doneMs);
      } else {
        const passedMs = nowMs - this.#servedMs;
        this.#servedMs = nowMs;
        if (head === undefined || passedMs <= 0) return;
        const bits = Math.min(head.bitsLeft, passedMs * this.#kilobits);
        head.bitsLeft -= bits;
        this.#bitsWaiting -= bits;
        return;
      }
    }
  }

  #enqueue(
    packet: Buffer | undefined,
    deliver: (packet: Buffer) => void,
    bytes: number,
    nowMs: number,
  ): boolean {
    if (this.#serviceMs(this.#bitsWaiting) > (this.#shape.queueMs ?? 200)) return false;
    if (this.#waiting.length === 0) this.#servedMs = nowMs;
    this.#waiting.push({ packet, deliver, bitsLeft: bytes * bitsPerByte });
    this.#bitsWaiting += bytes * bitsPerByte;
    return true;
  }

  #sendOff({ packet, deliver }: Waiting, servedMs: number): void {
    if (packet === undefined) return;
    const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = this.#shape;
    if (lossPercent > 0 && this.#random() * 100 < lossPercent) {
      this.#counts.lost += 1;
      return;
    }
    const jitter = jitterMs > 0 ? this.#random() * jitterMs : 0;
    this.#lastDueMs = Math.max(this.#lastDueMs, servedMs + delayMs + jitter);
    this.#onTheWay.push({ packet, deliver, dueMs: this.#lastDueMs });
  }

  /** Bits per millisecond. */
  get #kilobits(): number {
    return this.#shape.kilobits ?? Number.POSITIVE_INFINITY;
  }

  #serviceMs(bits: number): number {
    return bits === 0 ? 0 : bits / this.#kilobits;
  }
}
