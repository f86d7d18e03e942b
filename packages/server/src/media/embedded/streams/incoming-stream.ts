import { mediaLimits } from '../../limits.ts';
import { LayerMeter } from '../layers/layer-meter.ts';
import { vp8Pixels } from '../layers/picture-size.ts';
import { GapTracker } from '../rtp/gap-tracker.ts';
import { MediaPacket } from '../rtp/media-packet.ts';
import { ReceiveStats } from '../rtp/receive-stats.ts';
import type { SenderInfo } from '../rtp/rtcp.ts';
import { payloadEnd, payloadStart, sequenceOf, ssrcOf, timestampOf } from '../rtp/rtp.ts';
import { Seen } from '../rtp/seen.ts';
import { SequenceUnwrapper } from '../rtp/sequence.ts';
import type { CodecName, Kind, OfferedCodec } from '../sdp/codec.ts';
import type { PublishedKind } from '../sdp/negotiate.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/** One stream of one publisher, which is sound, a picture or a layer of one, and the players' streams that copy it. */
export class IncomingStream {
  readonly kind: Kind;
  readonly codec: CodecName;
  /** As the publisher offered it. */
  readonly published: OfferedCodec;
  readonly clockRate: number;
  readonly nack: boolean;
  /** Grows when the source changes under us (another SSRC): what was learned of the old one is void. */
  generation = 0;
  /** 0 until the first packet. */
  ssrc = 0;
  readonly outs = new Set<OutgoingStream>();
  /** The players' streams that copy another layer, and will copy this one from its next keyframe. */
  readonly comers = new Set<OutgoingStream>();
  readonly meter = new LayerMeter();
  /** Of its last keyframe; 0 if that is not known (H264). */
  pixels = 0;
  /** When the last packet came, milliseconds. */
  heardMs = Number.NEGATIVE_INFINITY;
  readonly gaps: GapTracker | undefined;
  readonly stats: ReceiveStats;
  /** The last sender report, on our clock (see Publisher). */
  report: SenderInfo | undefined;
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #seen = new Seen(mediaLimits.seenPackets);

  constructor(kind: PublishedKind) {
    this.kind = kind.kind;
    this.codec = kind.codec.name;
    this.published = kind.codec;
    this.clockRate = kind.codec.clockRate;
    this.nack = kind.nack;
    this.gaps = kind.nack ? new GapTracker() : undefined;
    this.stats = new ReceiveStats(kind.codec.clockRate);
  }

  /**
   * Takes a packet and copies it to every player. `isRepair`: it was asked for, or is a probe, and tells nothing of the way.
   * `known`: it came before, so nobody sees it again; `broken`: a keyframe is needed because too much was lost.
   */
  receive(packet: Buffer, isRepair: boolean, nowMs: number): 'new' | 'known' | 'broken' {
    const ssrc = ssrcOf(packet);
    if (ssrc !== this.ssrc) this.#restart(ssrc);
    const sequence = this.#unwrapper.unwrap(sequenceOf(packet));
    if (!this.#seen.isNew(sequence)) return 'known';
    if (!isRepair) this.stats.arrived(sequence, timestampOf(packet), nowMs);
    const broken = this.gaps?.arrived(sequence, nowMs) ?? false;
    const shared = new MediaPacket(packet, sequence, this.codec);
    this.heardMs = nowMs;
    if (this.kind === 'video') {
      this.meter.arrived(shared, packet.length, nowMs);
      if (shared.isKeyframeStart) this.#keyframe(packet, shared, nowMs);
    }
    for (const out of this.outs) out.forward(this, shared, nowMs);
    return broken ? 'broken' : 'new';
  }

  /** Packets were dropped unread. They are not asked for again: that would bring more of what was too much. */
  interrupt(): void {
    this.gaps?.reset();
    for (const out of this.outs) out.interrupt();
  }

  #keyframe(packet: Buffer, shared: MediaPacket, nowMs: number): void {
    if (this.codec === 'VP8')
      this.pixels = vp8Pixels(packet.subarray(payloadStart(packet), payloadEnd(packet))) || this.pixels;
    for (const comer of this.comers) comer.change(this, shared, nowMs);
  }

  #restart(ssrc: number): void {
    this.ssrc = ssrc;
    this.generation += 1;
    this.#unwrapper.reset();
    this.stats.reset();
    this.gaps?.reset();
    this.#seen.reset();
    this.report = undefined;
    this.meter.reset();
    this.pixels = 0;
  }
}
