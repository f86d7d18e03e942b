import { extensionAt, ssrcOf } from '../rtp/rtp.ts';
import type { Simulcast } from '../sdp/negotiate.ts';

/** What the packets of one SSRC are: of the layer with this place in the offer, or repairs of it. */
export interface LayerPacket {
  readonly layer: number;
  readonly isRepair: boolean;
}

/**
 * Knows the layer of each packet of a picture that is sent in several sizes: by the restriction id, which the sender puts into the
 * first packets of an SSRC until that is reported on, and from then on by the SSRC. Nothing is guessed.
 */
export class LayerMap {
  readonly #simulcast: Simulcast;
  readonly #bySsrc = new Map<number, LayerPacket>();

  constructor(simulcast: Simulcast) {
    this.#simulcast = simulcast;
  }

  /** The layer of a packet; undefined if nothing tells which. */
  of(packet: Uint8Array): LayerPacket | undefined {
    const ssrc = ssrcOf(packet);
    const known = this.#bySsrc.get(ssrc);
    if (known !== undefined) return known;
    const { ridId, repairedRidId } = this.#simulcast;
    const repaired = this.#layerIn(packet, repairedRidId);
    const layer = repaired >= 0 ? repaired : this.#layerIn(packet, ridId);
    if (layer < 0) return undefined;
    const isRepair = repaired >= 0;
    // One SSRC for each layer and its repairs: so the map has an end, whatever is sent.
    for (const [other, learned] of this.#bySsrc)
      if (learned.layer === layer && learned.isRepair === isRepair) this.#bySsrc.delete(other);
    const learned = { layer, isRepair };
    this.#bySsrc.set(ssrc, learned);
    return learned;
  }

  #layerIn(packet: Uint8Array, id: number): number {
    const at = id > 0 ? extensionAt(packet, id) : -1;
    return at < 0 ? -1 : this.#simulcast.layers.indexOf(textAt(packet, at));
  }
}

/** The text of a header extension whose data begins at `at`. */
function textAt(packet: Uint8Array, at: number): string {
  const header = 12 + ((packet[0] ?? 0) & 0x0f) * 4;
  const isOneByte = packet[header] === 0xbe && packet[header + 1] === 0xde;
  const before = packet[at - 1] ?? 0;
  const length = isOneByte ? (before & 0x0f) + 1 : before;
  return String.fromCharCode(...packet.subarray(at, at + length));
}
