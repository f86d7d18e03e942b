import { mediaLimits } from '../../limits.ts';
import { type MediaPacket, noExtensions, type PlayerHeader, paddingPacket } from '../rtp/media-packet.ts';
import { RoundTrip } from '../rtp/round-trip.ts';
import { buildSenderReport, type SenderInfo } from '../rtp/rtcp.ts';
import { codecFor, type Kind, type OfferedCodec } from '../sdp/codec.ts';
import type { PlayedKind } from '../sdp/negotiate.ts';
import type { CarriedSeconds } from './carried-seconds.ts';
import { Numbering } from './numbering.ts';
import type { Outlet } from './outlet.ts';
import { SendTable } from './send-table.ts';

/** Padding of a probe, bytes: what fills a word. */
const probeBytes = 4;

/** The source that an outgoing stream copies: one kind of one publisher, as far as a copy needs to know it. */
export interface StreamSource {
  /** As the publisher offered it. */
  readonly published: OfferedCodec;
  readonly clockRate: number;
  /** Grows when what was learned of the source is void. */
  readonly generation: number;
  readonly report: SenderInfo | undefined;
  /** The outgoing streams that copy it. */
  readonly outs: Set<OutgoingStream>;
  /** The ones that will from its next keyframe. */
  readonly comers: Set<OutgoingStream>;
  readonly meter: { isAlive(nowMs: number): boolean };
}

export interface OutgoingOptions {
  readonly played: PlayedKind;
  readonly ssrc: number;
  /** Of repairs, in a stream beside it; used if the player offered that. */
  readonly repairSsrc: number;
  readonly cname: string;
  readonly selected: boolean;
  readonly outlet: Outlet;
  /** The player's, of all its streams. */
  readonly seconds: CarriedSeconds;
  /** Random starts of the numbering (RFC 3550 section 5.1): 16 and 32 bits. */
  readonly firstSequence: number;
  readonly firstTimestamp: number;
}

/**
 * One kind of one player. Its own SSRC, sequence numbers and timestamps run on without a break while what it copies
 * changes: a publisher that came back, another SSRC, video switched off and on.
 */
export class OutgoingStream {
  readonly kind: Kind;
  readonly ssrc: number;
  readonly repairSsrc: number;
  readonly cname: string;
  readonly roundTrip = new RoundTrip();
  readonly #codecs: readonly OfferedCodec[];
  readonly #transportCcId: number;
  readonly #outlet: Outlet;
  readonly #seconds: CarriedSeconds;
  readonly #numbering: Numbering;
  readonly #table: SendTable;
  readonly #header: PlayerHeader;
  readonly #repair: { payloadType: number; readonly ssrc: number; sequence: number; timestamp: number };
  #source: StreamSource | undefined;
  /** The layer that it will copy from its next keyframe. */
  #next: StreamSource | undefined;
  #nextSinceMs = 0;
  /** The viewer asked for the smallest layer. */
  wantsLow = false;
  /** The viewer's way does not carry the large picture. */
  isNarrow = false;
  #generation = -1;
  #selected: boolean;
  /** Nothing is copied until a packet that a decoder can begin with. */
  #waiting = true;
  /** The viewer was given a picture of what it plays. */
  #hasPicture = false;
  #lastMs = -1;
  #packets = 0;
  #octets = 0;

  constructor(options: OutgoingOptions) {
    const { played, ssrc, repairSsrc } = options;
    this.kind = played.kind;
    this.ssrc = ssrc;
    this.repairSsrc = repairSsrc;
    this.cname = options.cname;
    this.#selected = options.selected;
    this.#transportCcId = played.transportCcId;
    this.#outlet = options.outlet;
    this.#seconds = options.seconds;
    this.#numbering = new Numbering(options.firstSequence, options.firstTimestamp);
    this.#table = new SendTable(
      played.kind === 'video' ? mediaLimits.sendTablePackets : mediaLimits.sendTableSounds,
    );
    this.#header = { payloadType: -1, ssrc, sequence: 0, timestamp: 0, pictureId: 0, tl0: 0 };
    this.#repair = { payloadType: -1, ssrc: repairSsrc, sequence: options.firstSequence, timestamp: 0 };
    this.#codecs = played.codecs;
  }

  /** Copies from `source` from now on (video from its next keyframe), or from nothing. */
  attach(source: StreamSource | undefined): void {
    this.#source?.outs.delete(this);
    this.#goNoFurther();
    if (this.#source !== source) this.#hasPicture = false;
    this.#source = source;
    this.#waiting = true;
    const codec = source === undefined ? undefined : codecFor(source.published, this.#codecs);
    const { payloadType = -1, repair = -1 } = codec ?? {};
    // What was sent so far has another payload type: it cannot be sent again in this one.
    if (payloadType !== this.#header.payloadType) this.#table.clear();
    this.#header.payloadType = payloadType;
    this.#repair.payloadType = repair;
    source?.outs.add(this);
  }

  /** The source that it copies. */
  get source(): StreamSource | undefined {
    return this.#source;
  }

  /** Copies `layer` from its next keyframe on, and goes on with what it copies until then. */
  choose(layer: StreamSource, nowMs: number): void {
    if (layer === this.#next) return;
    this.#goNoFurther();
    if (layer === this.#source) return;
    // What the way does not carry is not sent on until a keyframe comes: the sound would be lost with it.
    if (this.#waiting || this.isNarrow) {
      // Nor is it sent again.
      if (!this.#waiting) this.#table.clear();
      this.#move(layer);
      this.#waiting = true;
      return;
    }
    this.#next = layer;
    this.#nextSinceMs = nowMs;
    layer.comers.add(this);
  }

  /** True if a keyframe should be asked for, for the sake of the layer that it goes to: soon if what it copies has ended. */
  missesLayer(nowMs: number): boolean {
    if (this.#next === undefined || !this.#selected || !this.#outlet.isOpen) return false;
    if (this.#source?.meter.isAlive(nowMs) !== true) return true;
    return nowMs - this.#nextSinceMs >= mediaLimits.layerKeyframeWaitMs;
  }

  /** A keyframe of the layer that it goes to begins with `packet`: it copies that one from here on, in the same numbers. */
  change(layer: StreamSource, packet: MediaPacket, nowMs: number): void {
    const before = this.#source;
    this.#move(layer);
    this.#generation = layer.generation;
    if (!this.#selected || this.#waiting || before === undefined) return;
    const mapped = mappedTimestamp(packet.timestamp, layer, before);
    const expected = this.#numbering.last.timestamp + this.#step(layer, nowMs);
    const timestamp = mapped === undefined ? expected : this.#numbering.timestampOf(mapped);
    const farOff = (mediaLimits.layerClockMsMax * layer.clockRate) / 1000;
    const believed = Math.abs((timestamp - expected) | 0) <= farOff ? timestamp : expected;
    this.#numbering.start(packet, believed - packet.timestamp);
    if (layer.report !== undefined) this.sendReport(layer.report, nowMs);
  }

  #move(layer: StreamSource): void {
    this.#source?.outs.delete(this);
    this.#goNoFurther();
    this.#source = layer;
    layer.outs.add(this);
  }

  #goNoFurther(): void {
    this.#next?.comers.delete(this);
    this.#next = undefined;
  }

  set selected(selected: boolean) {
    if (selected && !this.#selected) {
      this.#waiting = true;
      this.#hasPicture = false;
    }
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
      this.#header.payloadType >= 0 &&
      this.#outlet.isOpen
    );
  }

  /** True if the viewer has seen nothing yet of what it plays: its keyframe is more urgent than others'. */
  get hasNoPicture(): boolean {
    return this.needsKeyframe && !this.#hasPicture;
  }

  forward(source: StreamSource, packet: MediaPacket, nowMs: number): void {
    const header = this.#header;
    if (!this.#selected || header.payloadType < 0 || !this.#outlet.isOpen) return;
    if (source.generation !== this.#generation) {
      this.#generation = source.generation;
      this.#waiting = true;
    }
    if (this.#waiting) {
      if (this.kind === 'video' && !packet.isKeyframeStart) return;
      this.#start(source, packet, nowMs);
    }
    if (this.#numbering.isInOrder(packet)) this.#lastMs = nowMs;
    if (!this.#numbering.place(packet, header)) return;
    this.#table.put(packet, header);
    if (this.#send(packet, nowMs)) this.#seconds.carried(nowMs);
  }

  /** Sends a number again. False if it is not kept, or must not be sent now. */
  resend(sequence: number, nowMs: number): boolean {
    const packet = this.#table.take(sequence, this.#header);
    const roundTripMs = this.roundTrip.ms ?? mediaLimits.roundTripMs;
    const limits = { ageMsMax: mediaLimits.resendAgeMsMax, triesMax: mediaLimits.resendTriesMax };
    if (packet === undefined || !this.#selected || this.#header.payloadType < 0) return false;
    if (!this.#table.tryAgain(sequence, limits, roundTripMs, nowMs)) return false;
    if (!this.#outlet.mayResend(packet.payloadBytes, nowMs)) return false;
    const repair = this.#repair;
    if (repair.payloadType < 0) return this.#send(packet, nowMs);
    repair.sequence = (repair.sequence + 1) & 0xffff;
    this.#table.sent(sequence, nowMs);
    return this.#outlet.send(packet.repair(this.#header, noExtensions, repair), nowMs);
  }

  /** Passes the source's sender report on, so that the player can line up sound and picture. */
  sendReport(report: SenderInfo, nowMs: number): void {
    if (this.#waiting || !this.#selected) return;
    const timestamp = this.#numbering.timestampOf(report.timestamp);
    const info = { ...report, timestamp, packets: this.#packets, octets: this.#octets >>> 0 };
    this.roundTrip.sent(info, nowMs);
    this.#outlet.control(buildSenderReport(this.ssrc, info, this.cname));
  }

  /** True if a probe would be answered. */
  get probes(): boolean {
    return this.#transportCcId > 0 && this.#outlet.isOpen;
  }

  /**
   * Sends an empty packet (padding only) that transport-wide feedback answers at once: among the repairs if there are any,
   * else with a number of its own, so that the source's packets that are still under way behind it come too late.
   */
  probe(transportNumber: number, nowMs: number): void {
    const repair = this.#repair;
    const extensions = { ...noExtensions, transportCcId: this.#transportCcId, transportNumber };
    if (repair.payloadType >= 0) {
      repair.sequence = (repair.sequence + 1) & 0xffff;
      this.#outlet.send(paddingPacket(repair, extensions, probeBytes), nowMs);
      return;
    }
    const header = this.#header;
    const payloadType = header.payloadType >= 0 ? header.payloadType : this.#codecs[0]?.payloadType;
    if (payloadType === undefined) return;
    const { last } = this.#numbering;
    const sequence = this.#numbering.takeSequence();
    if (this.#lastMs < 0) this.#lastMs = nowMs;
    this.#outlet.send(
      paddingPacket({ ...header, ...last, payloadType, sequence }, extensions, probeBytes),
      nowMs,
    );
  }

  #start(source: StreamSource, packet: MediaPacket, nowMs: number): void {
    const timestamp = this.#numbering.last.timestamp + this.#step(source, nowMs);
    this.#numbering.start(packet, timestamp - packet.timestamp);
    this.#waiting = false;
    this.#hasPicture = true;
    if (source.report !== undefined) this.sendReport(source.report, nowMs);
  }

  /** The time since the last packet, ticks. At least one: two frames must not share a timestamp. */
  #step({ clockRate }: StreamSource, nowMs: number): number {
    const elapsedMs = this.#lastMs < 0 ? 0 : nowMs - this.#lastMs;
    return Math.max(1, Math.round((elapsedMs * clockRate) / 1000));
  }

  /** Sends what `#header` has the numbers of. */
  #send(packet: MediaPacket, nowMs: number): boolean {
    if (!this.#outlet.send(packet.written(this.#header, noExtensions), nowMs)) return false;
    this.#table.sent(this.#header.sequence, nowMs);
    this.#packets += 1;
    this.#octets += packet.payloadBytes;
    return true;
  }
}

/** What the other layer calls the instant of this one's timestamp, by the sender reports of both; undefined without them. */
function mappedTimestamp(timestamp: number, layer: StreamSource, other: StreamSource): number | undefined {
  const [from, to] = [layer.report, other.report];
  if (from === undefined || to === undefined) return undefined;
  const apartSeconds = from.ntpSeconds - to.ntpSeconds + (from.ntpFraction - to.ntpFraction) / 2 ** 32;
  const ticks = ((timestamp - from.timestamp) | 0) + Math.round(apartSeconds * layer.clockRate);
  return (to.timestamp + ticks) >>> 0;
}
