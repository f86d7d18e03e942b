import type { MediaPacket, PlayerHeader } from '../rtp/media-packet.ts';

/** Packets left out that are remembered, to place late ones among them: about two seconds of video. */
const leftOutKept = 256;

/** The numbers of a stream as it goes on: those that the last packet in order got. */
export interface LastNumbers {
  sequence: number;
  timestamp: number;
  pictureId: number;
  tl0: number;
}

/**
 * A player's own numbers for what it copies: sequence, timestamp, picture id and base layer id. They run on without a hole or
 * a step back while the source changes under them, and over what is left out of it.
 */
export class Numbering {
  /** The last in order. */
  readonly last: LastNumbers;
  /** First unwrapped number of the source that belongs to this run; earlier ones come too late. */
  #first = 0;
  #highest = -1;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #pictureIdOffset = 0;
  #tl0Offset = 0;
  /** Numbers left out, newest last, and whether each began a frame. */
  readonly #leftOut = new Float64Array(leftOutKept);
  readonly #beganFrame = new Uint8Array(leftOutKept);
  #leftOutCount = 0;
  #leftOutTimestamp = -1;
  /** A frame that would be at or before the last one: it is put one tick behind it. */
  #heldTimestamp = -1;
  #heldOut = 0;

  constructor(firstSequence: number, firstTimestamp: number) {
    this.last = { sequence: firstSequence, timestamp: firstTimestamp, pictureId: 0, tl0: 0 };
  }

  /** What a source's timestamp of this run is to the player. */
  timestampOf(sourceTimestamp: number): number {
    return (sourceTimestamp + this.#timestampOffset) >>> 0;
  }

  /**
   * Begins anew with `packet`. `timestampOffset`: what is added to the source's timestamps from now on; a first frame that
   * is no later than the last one by it is sent one tick behind that, and no error adds up.
   */
  start(packet: MediaPacket, timestampOffset: number): void {
    const { last } = this;
    this.#first = packet.sequence;
    this.#highest = packet.sequence - 1;
    this.#sequenceOffset = last.sequence + 1 - packet.sequence;
    this.#timestampOffset = timestampOffset;
    this.#pictureIdOffset = last.pictureId + 1 - packet.vp8.pictureId;
    this.#tl0Offset = last.tl0 + 1 - packet.vp8.tl0;
    this.#leftOutCount = 0;
    this.#leftOutTimestamp = -1;
    const isLater = ((this.timestampOf(packet.timestamp) - last.timestamp) | 0) > 0;
    this.#heldTimestamp = isLater ? -1 : packet.timestamp;
    this.#heldOut = (last.timestamp + 1) >>> 0;
  }

  /** True if no packet of this run came after it. */
  isInOrder(packet: MediaPacket): boolean {
    return packet.sequence > this.#highest;
  }

  /** Writes the packet's numbers into `header`. False if it comes too late to have any. */
  place(packet: MediaPacket, header: PlayerHeader): boolean {
    const { sequence, timestamp, vp8 } = packet;
    if (sequence < this.#first) return false;
    let skipped = 0;
    let framesSkipped = 0;
    const inOrder = sequence > this.#highest;
    if (!inOrder)
      for (let i = this.#leftOutCount - 1; i >= 0; i--) {
        // Older than what is remembered: its place is not known any more.
        if (i < this.#leftOutCount - leftOutKept) return false;
        if ((this.#leftOut[i % leftOutKept] ?? 0) < sequence) break;
        skipped += 1;
        framesSkipped += this.#beganFrame[i % leftOutKept] ?? 0;
      }
    header.sequence = (sequence + this.#sequenceOffset + skipped) & 0xffff;
    header.timestamp = timestamp === this.#heldTimestamp ? this.#heldOut : this.timestampOf(timestamp);
    header.pictureId = (vp8.pictureId + this.#pictureIdOffset + framesSkipped) & (vp8.isWide ? 0x7fff : 0x7f);
    header.tl0 = (vp8.tl0 + this.#tl0Offset) & 0xff;
    if (!inOrder) return true;
    this.#highest = sequence;
    const { last } = this;
    last.sequence = header.sequence;
    last.timestamp = header.timestamp;
    last.pictureId = header.pictureId;
    last.tl0 = header.tl0;
    return true;
  }

  /** A packet in order is not sent, and leaves no hole behind. */
  leaveOut(packet: MediaPacket): void {
    const beginsFrame = packet.timestamp !== this.#leftOutTimestamp;
    this.#leftOutTimestamp = packet.timestamp;
    this.#leftOut[this.#leftOutCount % leftOutKept] = packet.sequence;
    this.#beganFrame[this.#leftOutCount % leftOutKept] = beginsFrame ? 1 : 0;
    this.#leftOutCount += 1;
    this.#highest = packet.sequence;
    this.#sequenceOffset -= 1;
    if (beginsFrame) this.#pictureIdOffset -= 1;
  }

  /** Takes the next sequence number for a packet of our own; what is still under way of before comes too late. */
  takeSequence(): number {
    this.last.sequence = (this.last.sequence + 1) & 0xffff;
    this.#sequenceOffset += 1;
    this.#first = this.#highest + 1;
    return this.last.sequence;
  }
}
