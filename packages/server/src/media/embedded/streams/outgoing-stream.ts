import type { ResendRing } from '../rtp/resend-ring.ts';
import { buildSenderReport, type SenderInfo } from '../rtp/rtcp.ts';
import { rewrite, setU16 } from '../rtp/rtp.ts';
import { codecFor, type Kind, type OfferedCodec } from '../sdp/codec.ts';
import type { PlayedKind } from '../sdp/negotiate.ts';
import type { CarriedSeconds } from './carried-seconds.ts';
import type { Counters } from './counters.ts';
import type { Peer } from './peer.ts';

/** The source that an outgoing stream copies: one kind of one publisher, as far as a copy needs to know it. */
export interface StreamSource {
  /** As the publisher offered it. */
  readonly published: OfferedCodec;
  readonly clockRate: number;
  /** Grows when what was learned of the source is void. */
  readonly generation: number;
  readonly ring: ResendRing | undefined;
  readonly report: SenderInfo | undefined;
  /** The outgoing streams that copy it. */
  readonly outs: Set<OutgoingStream>;
}

/**
 * One kind of one player. Its own SSRC, sequence numbers and timestamps run on without a break while what it copies
 * changes: a publisher that came back, another SSRC, video switched off and on.
 */
export class OutgoingStream {
  readonly kind: Kind;
  readonly ssrc: number;
  readonly cname: string;
  peer: Peer | undefined;
  readonly #transportCcId: number;
  readonly #codecs: readonly OfferedCodec[];
  readonly #counters: Counters;
  readonly #seconds: CarriedSeconds;
  #source: StreamSource | undefined;
  #generation = -1;
  #payloadType = -1;
  #selected: boolean;
  /** Nothing is copied until a packet that a decoder can begin with. */
  #waiting = true;
  /** First unwrapped number of the source that belongs to this run; earlier ones come too late. */
  #first = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #highest = -1;
  #lastSequence: number;
  #lastTimestamp: number;
  #lastMs = -1;
  #packets = 0;
  #octets = 0;

  constructor(options: {
    readonly played: PlayedKind;
    readonly ssrc: number;
    readonly cname: string;
    readonly selected: boolean;
    readonly counters: Counters;
    /** The player's, of all its streams. */
    readonly seconds: CarriedSeconds;
    /** Random starts of the numbering (RFC 3550 section 5.1): 16 and 32 bits. */
    readonly firstSequence: number;
    readonly firstTimestamp: number;
  }) {
    this.kind = options.played.kind;
    this.ssrc = options.ssrc;
    this.cname = options.cname;
    this.#transportCcId = options.played.transportCcId;
    this.#selected = options.selected;
    this.#counters = options.counters;
    this.#seconds = options.seconds;
    this.#lastSequence = options.firstSequence;
    this.#lastTimestamp = options.firstTimestamp;
    this.#codecs = options.played.codecs;
  }

  /** Copies from `source` from now on (video from its next keyframe), or from nothing. */
  attach(source: StreamSource | undefined): void {
    this.#source?.outs.delete(this);
    this.#source = source;
    this.#waiting = true;
    const codec = source === undefined ? undefined : codecFor(source.published, this.#codecs);
    this.#payloadType = codec?.payloadType ?? -1;
    source?.outs.add(this);
  }

  set selected(selected: boolean) {
    if (selected && !this.#selected) this.#waiting = true;
    this.#selected = selected;
  }

  /** The source has a hole: video goes on with a keyframe and without a hole in its own numbers. */
  interrupt(): void {
    if (this.kind === 'video') this.#waiting = true;
  }

  /** True if video would flow but for a keyframe. */
  get needsKeyframe(): boolean {
    return (
      this.kind === 'video' &&
      this.#waiting &&
      this.#selected &&
      this.#payloadType >= 0 &&
      this.peer !== undefined
    );
  }

  forward(
    source: StreamSource,
    packet: Buffer,
    sequence: number,
    timestamp: number,
    keyframe: boolean,
    nowMs: number,
  ): void {
    const { peer } = this;
    if (peer === undefined || !this.#selected || this.#payloadType < 0) return;
    if (source.generation !== this.#generation) {
      this.#generation = source.generation;
      this.#waiting = true;
    }
    if (this.#waiting) {
      if (this.kind === 'video' && !keyframe) return;
      this.#start(source, sequence, timestamp, nowMs);
    } else if (sequence < this.#first) return;
    const outSequence = (sequence + this.#sequenceOffset) & 0xffff;
    const outTimestamp = (timestamp + this.#timestampOffset) >>> 0;
    if (sequence > this.#highest) {
      this.#highest = sequence;
      this.#lastSequence = outSequence;
      this.#lastTimestamp = outTimestamp;
      this.#lastMs = nowMs;
    }
    if (this.#send(peer, packet, outSequence, outTimestamp)) this.#seconds.carried(nowMs);
  }

  /** Sends a packet of the ring again. False if it is not kept, or belongs to another run. */
  resend(outSequence: number): boolean {
    const { peer } = this;
    const source = this.#source;
    const ring = source?.ring;
    if (peer === undefined || ring === undefined || !this.#selected || this.#waiting) return false;
    if (source?.generation !== this.#generation) return false;
    const sequence = ring.find((outSequence - this.#sequenceOffset) & 0xffff);
    const packet = sequence < this.#first ? undefined : ring.packet(sequence);
    if (packet === undefined) return false;
    this.#send(peer, packet, outSequence, (ring.timestamp(sequence) + this.#timestampOffset) >>> 0);
    return true;
  }

  /** Passes the source's sender report on, so that the player can line up sound and picture. */
  sendReport(report: SenderInfo): void {
    if (this.peer === undefined || this.#waiting || !this.#selected) return;
    const timestamp = (report.timestamp + this.#timestampOffset) >>> 0;
    const info = { ...report, timestamp, packets: this.#packets, octets: this.#octets >>> 0 };
    this.peer.send(buildSenderReport(this.ssrc, info, this.cname));
  }

  /** True if a probe would be answered. */
  get probes(): boolean {
    return this.#transportCcId > 0 && this.peer !== undefined;
  }

  /**
   * Sends an empty packet (padding only) that transport-wide feedback answers at once. It takes a number of its own, so
   * the source's packets that are still under way behind it come too late.
   */
  probe(transportSequence: number, nowMs: number): void {
    const { peer } = this;
    const payloadType = this.#payloadType >= 0 ? this.#payloadType : this.#codecs[0]?.payloadType;
    if (peer === undefined || payloadType === undefined) return;
    const packet = Buffer.alloc(24);
    packet[0] = 0xb0;
    setU16(packet, 12, 0xbede);
    setU16(packet, 14, 1);
    packet[16] = (this.#transportCcId << 4) | 1;
    setU16(packet, 17, transportSequence & 0xffff);
    packet[23] = 4;
    this.#lastSequence = (this.#lastSequence + 1) & 0xffff;
    rewrite(packet, payloadType, this.#lastSequence, this.#lastTimestamp, this.ssrc);
    if (!this.#waiting) {
      this.#sequenceOffset += 1;
      this.#first = this.#highest + 1;
    }
    if (this.#lastMs < 0) this.#lastMs = nowMs;
    peer.send(packet);
  }

  #start(source: StreamSource, sequence: number, timestamp: number, nowMs: number): void {
    const elapsedMs = this.#lastMs < 0 ? 0 : nowMs - this.#lastMs;
    // At least one tick on: two frames must not share a timestamp.
    const step = Math.max(1, Math.round((elapsedMs * source.clockRate) / 1000));
    this.#first = sequence;
    this.#highest = sequence - 1;
    this.#sequenceOffset = this.#lastSequence + 1 - sequence;
    this.#timestampOffset = this.#lastTimestamp + step - timestamp;
    this.#waiting = false;
    if (source.report !== undefined) this.sendReport(source.report);
  }

  #send(peer: Peer, packet: Buffer, sequence: number, timestamp: number): boolean {
    rewrite(packet, this.#payloadType, sequence, timestamp, this.ssrc);
    if (!peer.send(packet)) return false;
    this.#packets += 1;
    this.#octets += packet.length - 12;
    this.#counters.packetsOut += 1;
    this.#counters.bytesOut += packet.length;
    return true;
  }
}
