import type { Layer } from '../../contract.ts';
import { mediaLimits } from '../../limits.ts';
import type { Kind, OfferedCodec } from '../sdp/codec.ts';
import type { PublishedKind } from '../sdp/negotiate.ts';
import { IncomingStream } from '../streams/incoming-stream.ts';
import type { OutgoingStream, StreamSource } from '../streams/outgoing-stream.ts';
import { LayerMap, type LayerPacket } from './layer-map.ts';

const onlyLayer: LayerPacket = { layer: 0, isRepair: false };

/** Sound or picture of one publisher: one stream, or the same picture in several sizes, which are its layers. */
export class IncomingKind {
  readonly kind: Kind;
  /** As the publisher offered it. */
  readonly published: OfferedCodec;
  /** In the order of the offer; of one that is sent once, the one. */
  readonly layers: readonly [IncomingStream, ...IncomingStream[]];
  readonly #map: LayerMap | undefined;
  readonly #players = new Set<OutgoingStream>();
  #rungs: readonly IncomingStream[] = [];
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(published: PublishedKind) {
    this.kind = published.kind;
    this.published = published.codec;
    const { simulcast } = published;
    this.#map = simulcast && new LayerMap(simulcast);
    const others = simulcast?.layers.slice(1) ?? [];
    this.layers = [new IncomingStream(published), ...others.map(() => new IncomingStream(published))];
  }

  /** The layers that are there, the smallest first, as the last look found them; with one that is sent once it is that one. */
  get rungs(): readonly IncomingStream[] {
    return this.layers.length > 1 ? this.#rungs : this.layers;
  }

  /** The streams that copy this. */
  get players(): ReadonlySet<OutgoingStream> {
    return this.#players;
  }

  /** Lets a player's stream copy it: of several layers the highest that is there and that the player may have. */
  add(player: OutgoingStream): void {
    this.#players.add(player);
    player.attach(this.#choice(player) ?? this.layers.find(({ ssrc }) => ssrc !== 0) ?? this.layers[0]);
  }

  remove(player: OutgoingStream): void {
    if (this.#players.delete(player)) player.attach(undefined);
  }

  /** The stream of a packet, and whether it is of the repairs; undefined if it does not say of which layer it is. */
  sort(packet: Uint8Array, isRepair: boolean): { stream: IncomingStream; isRepair: boolean } | undefined {
    const found = this.#map === undefined ? onlyLayer : this.#map.of(packet);
    const stream = found && this.layers[found.layer];
    return stream && { stream, isRepair: isRepair || found.isRepair };
  }

  /** How a player names a layer: the smallest of several that ever came, or a larger one. */
  nameOf(layer: StreamSource | undefined): Layer {
    const known = this.layers.filter(({ ssrc }) => ssrc !== 0);
    return known.length > 1 && bySize(known)[0] === layer ? 'low' : 'high';
  }

  /** The layer that was heard last, of which a keyframe is asked: any of them brings one of all. */
  get heard(): IncomingStream | undefined {
    let newest: IncomingStream | undefined;
    for (const layer of this.layers)
      if (layer.ssrc !== 0 && (newest === undefined || layer.heardMs > newest.heardMs)) newest = layer;
    return newest;
  }

  /**
   * Looks, each `layerLookMs`, which layers are there, and lets each player go to the one it should have. True if that takes a
   * keyframe that should be asked for.
   */
  look(nowMs: number): boolean {
    if (this.layers.length === 1 || nowMs - this.#lookedMs < mediaLimits.layerLookMs) return false;
    this.#lookedMs = nowMs;
    const rungs = this.#thereNow(nowMs);
    // Nothing at all comes: a camera that is off, or a way that is cut. Everybody stays where they are.
    if (rungs.length > 0) this.#rungs = rungs;
    let asks = false;
    for (const player of this.#players) {
      const layer = this.#choice(player);
      if (layer === undefined) continue;
      player.choose(layer, nowMs);
      asks ||= player.missesLayer(nowMs);
    }
    return asks;
  }

  /** Packets were dropped unread. */
  interrupt(): void {
    for (const layer of this.layers) layer.interrupt();
  }

  /** A layer is there if frames come, and more than half as many as of the one that has most: a starved one loses. */
  #thereNow(nowMs: number): IncomingStream[] {
    const alive = this.layers.filter(({ meter }) => meter.isAlive(nowMs));
    const most = Math.max(0, ...alive.map(({ meter }) => meter.framesPerSecond(nowMs)));
    const floor = most * mediaLimits.layerStarvedShare;
    return bySize(alive.filter(({ meter }) => meter.framesPerSecond(nowMs) > floor));
  }

  #choice(player: OutgoingStream): IncomingStream | undefined {
    return player.wantsLow || player.isNarrow ? this.rungs[0] : this.rungs.at(-1);
  }
}

/** The smallest first: by their pictures, else by the most bits that came. */
function bySize(layers: readonly IncomingStream[]): IncomingStream[] {
  const size = layers.every(({ pixels }) => pixels > 0)
    ? (layer: IncomingStream) => layer.pixels
    : (layer: IncomingStream) => layer.meter.bitsPerSecondMax;
  return [...layers].sort((a, b) => size(a) - size(b));
}
