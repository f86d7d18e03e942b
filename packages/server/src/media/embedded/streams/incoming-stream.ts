import { GapTracker } from '../rtp/gap-tracker.ts';
import { startsKeyframe } from '../rtp/keyframe.ts';
import { ReceiveStats } from '../rtp/receive-stats.ts';
import { ResendRing } from '../rtp/resend-ring.ts';
import type { SenderInfo } from '../rtp/rtcp.ts';
import { sequenceOf, ssrcOf, timestampOf } from '../rtp/rtp.ts';
import { SequenceUnwrapper } from '../rtp/sequence.ts';
import type { CodecName, Kind, OfferedCodec } from '../sdp/codec.ts';
import type { PublishedKind } from '../sdp/negotiate.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/** One kind of one publisher, and the players' streams that copy it. */
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
  /** Video only: audio that comes late is of no use. */
  readonly ring: ResendRing | undefined;
  readonly gaps: GapTracker | undefined;
  readonly stats: ReceiveStats;
  /** The last sender report, on our clock (see Publisher). */
  report: SenderInfo | undefined;
  readonly #unwrapper = new SequenceUnwrapper();

  constructor(kind: PublishedKind) {
    this.kind = kind.kind;
    this.codec = kind.codec.name;
    this.published = kind.codec;
    this.clockRate = kind.codec.clockRate;
    this.nack = kind.nack;
    this.ring = kind.kind === 'video' ? new ResendRing() : undefined;
    this.gaps = kind.nack ? new GapTracker() : undefined;
    this.stats = new ReceiveStats(kind.codec.clockRate);
  }

  /** Takes a packet and copies it to every player. True if a keyframe is needed because too much was lost. */
  receive(packet: Buffer, nowMs: number): boolean {
    const ssrc = ssrcOf(packet);
    if (ssrc !== this.ssrc) this.#restart(ssrc);
    const sequence = this.#unwrapper.unwrap(sequenceOf(packet));
    const timestamp = timestampOf(packet);
    this.stats.arrived(sequence, timestamp, nowMs);
    const broken = this.gaps?.arrived(sequence, nowMs) ?? false;
    const keyframe = this.kind === 'video' && startsKeyframe(this.codec, packet);
    this.ring?.put(sequence, timestamp, packet);
    for (const out of this.outs) out.forward(this, packet, sequence, timestamp, keyframe, nowMs);
    return broken;
  }

  /** Packets were dropped unread. They are not asked for again: that would bring more of what was too much. */
  interrupt(): void {
    this.gaps?.reset();
    for (const out of this.outs) out.interrupt();
  }

  #restart(ssrc: number): void {
    this.ssrc = ssrc;
    this.generation += 1;
    this.#unwrapper.reset();
    this.stats.reset();
    this.gaps?.reset();
    this.ring?.clear();
    this.report = undefined;
  }
}
