import type { Layer, Selection } from '../../contract.ts';
import { mediaLimits } from '../../limits.ts';
import { NarrowWay } from '../congestion/narrow-way.ts';
import { LossCount } from '../rtp/loss-count.ts';
import { buildBye, parseRtcp, type ReportBlock } from '../rtp/rtcp.ts';
import { isRtcp } from '../rtp/rtp.ts';
import type { Counters } from './counters.ts';
import type { OutgoingStream, StreamSource } from './outgoing-stream.ts';
import type { Outlet } from './outlet.ts';
import type { Peer } from './peer.ts';
import type { Publisher } from './publisher.ts';

/** A consumer: copies one publisher's streams to one viewer, and answers what the viewer asks for. */
export class Player {
  readonly streams: readonly OutgoingStream[];
  readonly #outlet: Outlet;
  readonly #counters: Counters;
  readonly #losses = new LossCount();
  #source: Publisher | undefined;
  #probedMs = Number.NEGATIVE_INFINITY;
  #probes = 0;
  readonly #video: OutgoingStream | undefined;
  #toldSource: StreamSource | undefined;
  #layer: Layer = 'high';
  readonly #way = new NarrowWay();

  constructor(streams: readonly OutgoingStream[], outlet: Outlet, counters: Counters) {
    this.streams = streams;
    this.#video = streams.find(({ kind }) => kind === 'video');
    this.#outlet = outlet;
    this.#counters = counters;
  }

  /** Connects it to the peer that its packets go to; undefined while there is no transport. */
  connect(peer: Peer | undefined, nowMs: number): void {
    this.#outlet.peer = peer;
    this.#wantKeyframe(nowMs);
  }

  /** Tells the viewer that its streams end. */
  sayBye(): void {
    this.#outlet.control(buildBye(this.streams.map((stream) => stream.ssrc)));
  }

  /** Plays `publisher` from now on, or nothing. */
  attach(publisher: Publisher | undefined, nowMs: number): void {
    for (const stream of this.streams) {
      this.#source?.incoming(stream.kind)?.remove(stream);
      publisher?.incoming(stream.kind)?.add(stream);
    }
    this.#source = publisher;
    this.#wantKeyframe(nowMs);
  }

  select(selection: Selection, nowMs: number): void {
    for (const stream of this.streams) {
      stream.selected = selection[stream.kind];
      stream.wantsLow = selection.layer === 'low';
    }
    this.#wantKeyframe(nowMs);
  }

  /** The layer of the picture that it gets now, once for each time that this is another. */
  movedTo(): Layer | undefined {
    const source = this.#video?.source;
    if (source === this.#toldSource) return undefined;
    this.#toldSource = source;
    const layer = this.#source?.incoming('video')?.nameOf(source) ?? this.#layer;
    if (layer === this.#layer) return undefined;
    this.#layer = layer;
    return layer;
  }

  packet(packet: Buffer, nowMs: number): void {
    // The viewer's media, if it sends any, is nobody's.
    if (!isRtcp(packet)) return;
    for (const part of parseRtcp(packet)) {
      if (part.type === 'nack') this.#resend(part.mediaSsrc, part.sequences, nowMs);
      else if (part.type === 'rr' || part.type === 'sr') this.#reported(part.blocks, nowMs);
      else if (part.type === 'pli' || part.type === 'fir') this.#askKeyframe(nowMs);
    }
  }

  #reported(blocks: readonly ReportBlock[], nowMs: number): void {
    for (const block of blocks) {
      const stream = this.streams.find(({ ssrc }) => ssrc === block.ssrc);
      if (stream === undefined) continue;
      stream.roundTrip.answered(block, nowMs);
      this.#counters.packetsLostOut += this.#losses.take(block);
    }
  }

  /** Judges its way. Probes the viewer if it has been silent for a while: a living one answers, a dead one is found out. */
  tick(silentMs: number, nowMs: number): void {
    if (this.#way.look(this.#outlet.packets, nowMs) && this.#video !== undefined)
      this.#video.isNarrow = this.#way.isNarrow;
    if (silentMs < mediaLimits.probeAfterMs || nowMs - this.#probedMs < mediaLimits.probeIntervalMs) return;
    this.#probedMs = nowMs;
    this.#probes += 1;
    this.streams.find((stream) => stream.probes)?.probe(this.#probes, nowMs);
  }

  #resend(mediaSsrc: number, sequences: readonly number[], nowMs: number): void {
    this.#counters.nacksIn += 1;
    this.#way.missed(sequences.length);
    const stream = this.streams.find((found) => found.ssrc === mediaSsrc);
    for (const sequence of sequences) if (stream?.resend(sequence, nowMs)) this.#counters.resends += 1;
  }

  #wantKeyframe(nowMs: number): void {
    if (this.streams.some((stream) => stream.needsKeyframe)) this.#askKeyframe(nowMs);
  }

  #askKeyframe(nowMs: number): void {
    this.#source?.requestKeyframe(
      nowMs,
      this.streams.some((stream) => stream.hasNoPicture),
    );
  }
}
