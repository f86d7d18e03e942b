import { mediaLimits } from '../../limits.ts';
import { IncomingKind } from '../layers/incoming-kind.ts';
import { LossCount } from '../rtp/loss-count.ts';
import {
  buildBye,
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  parseRtcp,
  type ReportBlock,
  type SenderInfo,
} from '../rtp/rtcp.ts';
import { extensionAt, isRtcp, isRtp, payloadTypeOf, u16 } from '../rtp/rtp.ts';
import { turnedBack } from '../rtp/rtx.ts';
import { TransportFeedback } from '../rtp/twcc.ts';
import type { Kind } from '../sdp/codec.ts';
import type { PublishedKind } from '../sdp/negotiate.ts';
import type { CarriedSeconds } from './carried-seconds.ts';
import type { Counters } from './counters.ts';
import type { IncomingStream } from './incoming-stream.ts';
import type { Peer } from './peer.ts';

/** What a payload type of the publisher's says. */
interface Arrival {
  readonly kind: IncomingKind;
  readonly transportCcId: number;
  /** It is of the repair stream (RFC 4588) beside the media. */
  readonly isRepair: boolean;
}

/** Seconds from 1900 (NTP) to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** A producer: takes a publisher's packets, and tells it what was lost, when it arrived, and when a keyframe is wanted. */
export class Publisher {
  readonly kinds: readonly PublishedKind[];
  readonly #incoming: readonly IncomingKind[];
  /** The streams of all kinds and layers. */
  readonly #streams: readonly IncomingStream[];
  peer: Peer | undefined;
  readonly #ssrc: number;
  readonly #counters: Counters;
  readonly #seconds: CarriedSeconds;
  readonly #byPayloadType: (Arrival | undefined)[] = [];
  readonly #losses = new LossCount();
  readonly #feedback = new TransportFeedback();
  #feedbackMs = 0;
  #reportMs = 0;
  #keyframeMs = Number.NEGATIVE_INFINITY;
  #keyframeWanted = false;
  /** From the publisher's NTP clock to ours: one for both kinds, so that what belongs together stays together. */
  #clockOffsetMs: number | undefined;

  /** `ssrc`: ours, in the reports we send. */
  constructor(kinds: readonly PublishedKind[], ssrc: number, counters: Counters, seconds: CarriedSeconds) {
    this.kinds = kinds;
    this.#seconds = seconds;
    this.#ssrc = ssrc;
    this.#counters = counters;
    this.#incoming = kinds.map((published) => {
      const kind = new IncomingKind(published);
      const { codec, transportCcId } = published;
      this.#byPayloadType[codec.payloadType] = { kind, transportCcId, isRepair: false };
      if (codec.repair !== undefined)
        this.#byPayloadType[codec.repair] = { kind, transportCcId, isRepair: true };
      return kind;
    });
    this.#streams = this.#incoming.flatMap(({ layers }) => layers);
  }

  incoming(kind: Kind): IncomingKind | undefined {
    return this.#incoming.find((incoming) => incoming.kind === kind);
  }

  packet(packet: Buffer, nowMs: number): void {
    this.#counters.packetsIn += 1;
    this.#counters.bytesIn += packet.length;
    if (isRtcp(packet)) this.#control(packet, nowMs);
    else if (isRtp(packet)) this.#media(packet, nowMs);
  }

  #media(packet: Buffer, nowMs: number): void {
    const arrival = this.#byPayloadType[payloadTypeOf(packet)];
    if (arrival === undefined) return;
    const { kind, transportCcId } = arrival;
    const at = transportCcId > 0 ? extensionAt(packet, transportCcId) : -1;
    if (at >= 0) this.#feedback.arrived(u16(packet, at), performance.now() * 1000);
    const sorted = kind.sort(packet, arrival.isRepair);
    if (sorted === undefined) {
      this.#counters.packetsUnknown += 1;
      return;
    }
    const { stream, isRepair } = sorted;
    const media = isRepair ? turnedBack(packet, stream.published.payloadType, stream.ssrc) : packet;
    // Before the first packet there is nothing to repair.
    if (media === undefined || (isRepair && stream.ssrc === 0)) return;
    const taken = stream.receive(media, isRepair, nowMs);
    if (taken !== 'known' && !isRepair) this.#seconds.carried(nowMs);
    if (taken === 'broken') this.requestKeyframe(nowMs);
  }

  /** A packet was dropped unread: what follows does not fit what came before. */
  interrupt(): void {
    for (const kind of this.#incoming) kind.interrupt();
  }

  /**
   * Asks for a keyframe now, or as soon as `keyframeIntervalMs` have passed since the last ask; `isUrgent`: a player has no
   * picture yet, and `urgentKeyframeIntervalMs` are enough. One that is made is for all players, and costs all of them.
   */
  requestKeyframe(nowMs: number, isUrgent = false): void {
    const video = this.incoming('video');
    if (video === undefined || this.peer === undefined) return;
    const { heard } = video;
    // Before its first packet there is nothing to name, and that packet begins with a keyframe anyway.
    this.#keyframeWanted = true;
    const { urgentKeyframeIntervalMs, keyframeIntervalMs } = mediaLimits;
    const intervalMs = isUrgent ? urgentKeyframeIntervalMs : keyframeIntervalMs;
    if (heard === undefined || nowMs - this.#keyframeMs < intervalMs) return;
    this.#keyframeWanted = false;
    this.#keyframeMs = nowMs;
    this.#counters.keyframeRequests += 1;
    this.peer.send(buildPli(this.#ssrc, heard.ssrc));
  }

  /** Tells the publisher that nobody reports on its streams any more. */
  sayBye(): void {
    this.peer?.send(buildBye([this.#ssrc]));
  }

  /** Sends whatever is due: NACKs, feedback, reports, keyframe requests. Call it every few tens of milliseconds. */
  tick(nowMs: number): void {
    const { peer } = this;
    if (peer === undefined) return;
    for (const stream of this.#streams) {
      const missing = stream.gaps?.due(nowMs) ?? [];
      if (missing.length === 0) continue;
      this.#counters.nacksOut += 1;
      peer.send(buildNack(this.#ssrc, stream.ssrc, missing));
    }
    if (nowMs - this.#feedbackMs >= mediaLimits.feedbackMs) {
      this.#feedbackMs = nowMs;
      const feedback = this.#feedback.flush(this.#ssrc, this.#streams.at(-1)?.ssrc ?? 0);
      if (feedback !== undefined) peer.send(feedback);
    }
    if (nowMs - this.#reportMs >= mediaLimits.reportMs) {
      this.#reportMs = nowMs;
      this.#report(peer, nowMs);
    }
    if (this.incoming('video')?.look(nowMs)) this.requestKeyframe(nowMs);
    this.#askAgain(nowMs);
  }

  /** Asks for a keyframe that was asked for too early, or that some player still waits for. */
  #askAgain(nowMs: number): void {
    if (nowMs - this.#keyframeMs < mediaLimits.urgentKeyframeIntervalMs) return;
    let isMissed = false;
    let isUrgent = false;
    for (const out of this.incoming('video')?.players ?? []) {
      isMissed ||= out.needsKeyframe;
      isUrgent ||= out.hasNoPicture;
      if (isUrgent) break;
    }
    if (this.#keyframeWanted || isMissed) this.requestKeyframe(nowMs, isUrgent && this.#keyframeWanted);
  }

  #report(peer: Peer, nowMs: number): void {
    const blocks: ReportBlock[] = [];
    for (const stream of this.#streams) {
      const block = stream.stats.block(stream.ssrc, nowMs);
      if (block === undefined) continue;
      blocks.push(block);
      this.#counters.packetsLostIn += this.#losses.take(block);
    }
    // An empty report keeps the address mapping and the other end's liveness alive.
    const report = buildReceiverReport(this.#ssrc, blocks);
    const pictures = this.#streams.filter(({ kind, ssrc }) => kind === 'video' && ssrc !== 0);
    const remb = this.kinds.some((kind) => kind.remb) && pictures.length > 0;
    const ssrcs = pictures.map(({ ssrc }) => ssrc);
    peer.send(
      remb ? Buffer.concat([report, buildRemb(this.#ssrc, ssrcs, mediaLimits.rembBitsPerSecond)]) : report,
    );
  }

  #control(packet: Buffer, nowMs: number): void {
    for (const part of parseRtcp(packet)) {
      if (part.type !== 'sr') continue;
      const stream = this.#streams.find((found) => found.ssrc === part.ssrc);
      if (stream === undefined) continue;
      stream.stats.reported(part.info, nowMs);
      stream.report = this.#onOurClock(part.info);
      for (const out of stream.outs) out.sendReport(stream.report, nowMs);
    }
  }

  #onOurClock(info: SenderInfo): SenderInfo {
    const theirsMs = (info.ntpSeconds - ntpEpochSeconds + info.ntpFraction / 2 ** 32) * 1000;
    this.#clockOffsetMs ??= Date.now() - theirsMs;
    const ours = (theirsMs + this.#clockOffsetMs) / 1000;
    const seconds = Math.floor(ours);
    return {
      ...info,
      ntpSeconds: (seconds + ntpEpochSeconds) >>> 0,
      ntpFraction: Math.floor((ours - seconds) * 2 ** 32) >>> 0,
    };
  }
}
