/** Chooses what to carry of an offer. Pure; the sentences end up in `sdp_invalid` refusals. */

import { mediaLimits } from '../../limits.ts';
import { transportCcUri } from '../rtp/twcc.ts';
import { codecFor, type Kind, type OfferedCodec, packetizationMode } from './codec.ts';
import type { AnsweredMedia } from './sdp-answer.ts';
import type { Offer, OfferedMedia } from './sdp-offer.ts';

export interface PublishedKind {
  readonly kind: Kind;
  readonly mid: string;
  readonly codec: OfferedCodec;
  /** Id of the transport-wide sequence number extension; 0 if there is none. */
  readonly transportCcId: number;
  readonly nack: boolean;
  readonly remb: boolean;
  /** The layers of a picture that is sent in several sizes; undefined if it is sent once. */
  readonly simulcast?: Simulcast;
}
/** By what a packet says of which layer it is. Ids of header extensions; 0 if there is none. */
export interface Simulcast {
  readonly layers: readonly string[];
  readonly midId: number;
  readonly ridId: number;
  readonly repairedRidId: number;
}
export interface PlayedKind {
  readonly kind: Kind;
  readonly mid: string;
  readonly codecs: readonly OfferedCodec[];
  /** Id of the transport-wide sequence number extension, by which a probe is answered; 0 if there is none. */
  readonly transportCcId: number;
}

type Negotiated<T> =
  | { readonly ok: true; readonly kinds: readonly T[] }
  | { readonly ok: false; readonly detail: string };

/** The streams a publisher will send, of the kinds that are allowed: one codec each, the first in its own order that we forward. */
export function negotiatePublisher(
  offer: Offer,
  allowed: Readonly<Record<Kind, boolean>> = { audio: true, video: true },
): Negotiated<PublishedKind> {
  const kinds: PublishedKind[] = [];
  for (const media of offer.medias) {
    const { kind } = media;
    if (
      kind === 'other' ||
      !allowed[kind] ||
      media.rejected ||
      (media.direction !== 'sendonly' && media.direction !== 'sendrecv')
    )
      continue;
    // Packetization mode 0 (no fragments) only where there is no choice: few players offer it.
    const fragments = (found: OfferedCodec) => found.name !== 'H264' || packetizationMode(found) > 0;
    const codec = media.codecs.find(fragments) ?? media.codecs[0];
    if (codec === undefined)
      return { ok: false, detail: `No ${kind} codec in common: ${wanted(kind)} is needed.` };
    const transportCcId = codec.feedback.has('transport-cc')
      ? (media.extensions.get(transportCcUri) ?? 0)
      : 0;
    kinds.push({
      kind,
      mid: media.mid,
      codec,
      transportCcId,
      nack: kind === 'video' && codec.feedback.has('nack'),
      remb: transportCcId === 0 && codec.feedback.has('goog-remb'),
      ...simulcastOf(media),
    });
  }
  if (kinds.length === 0) return { ok: false, detail: 'The offer sends neither audio nor video.' };
  return { ok: true, kinds };
}

/** Without the extension that names a packet's layer there are no layers: nothing is guessed by SSRCs or order. */
function simulcastOf({ layers, extensions }: OfferedMedia): { simulcast: Simulcast } | undefined {
  const id = (uri: string) => extensions.get(uri) ?? 0;
  const ridId = id(ridUri);
  if (layers.length === 0 || ridId === 0) return undefined;
  return { simulcast: { layers, midId: id(midUri), ridId, repairedRidId: id(repairedRidUri) } };
}

const midUri = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const ridUri = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const repairedRidUri = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';

/** The streams a player can take, each with every codec it offers that we forward: which one is used follows the publisher. */
export function negotiatePlayer(offer: Offer): Negotiated<PlayedKind> {
  const kinds: PlayedKind[] = [];
  for (const media of offer.medias) {
    const { kind, codecs } = media;
    if (
      kind === 'other' ||
      media.rejected ||
      (media.direction !== 'recvonly' && media.direction !== 'sendrecv')
    )
      continue;
    if (codecs.length === 0)
      return { ok: false, detail: `No ${kind} codec in common: ${wanted(kind)} is needed.` };
    const answers = codecs.every((codec) => codec.feedback.has('transport-cc'));
    const id = media.extensions.get(transportCcUri) ?? 0;
    // Probes are written in the one-byte form, which has ids up to 14.
    const transportCcId = answers && id <= 14 ? id : 0;
    kinds.push({ kind, mid: media.mid, codecs, transportCcId });
  }
  if (kinds.length === 0) return { ok: false, detail: 'The offer receives neither audio nor video.' };
  return { ok: true, kinds };
}

/** The first codec of the publisher's that the player takes in none of its own, or undefined if it can take all it asked for. */
export function missingCodec(
  published: readonly PublishedKind[],
  played: readonly PlayedKind[],
): OfferedCodec | undefined {
  for (const { kind, codec } of published) {
    const codecs = played.find((found) => found.kind === kind)?.codecs;
    if (codecs !== undefined && codecFor(codec, codecs) === undefined) return codec;
  }
  return undefined;
}

const wanted = (kind: Kind): string => (kind === 'audio' ? 'Opus' : 'VP8 or H264');

/** Answers a publisher's section; undefined rejects it. */
export function answerPublisher(
  kinds: readonly PublishedKind[],
  media: OfferedMedia,
): AnsweredMedia | undefined {
  const kind = kinds.find((found) => found.mid === media.mid);
  if (kind === undefined) return inactive(media);
  const { codec } = kind;
  const kept = ['nack', 'nack pli'].filter(
    (feedback) => kind.kind === 'video' && codec.feedback.has(feedback),
  );
  if (kind.transportCcId > 0) kept.push('transport-cc');
  else if (kind.remb) kept.push('goog-remb');
  const start = `x-google-start-bitrate=${mediaLimits.startKilobits}`;
  const parameters =
    kind.kind === 'audio' ? codec.parameters : [codec.parameters, start].filter(Boolean).join(';');
  return {
    direction: 'recvonly',
    codecs: [{ ...codec, parameters, feedback: kept }],
    extensions: [
      { id: kind.transportCcId, uri: transportCcUri },
      { id: kind.simulcast?.midId ?? 0, uri: midUri },
      { id: kind.simulcast?.ridId ?? 0, uri: ridUri },
      { id: kind.simulcast?.repairedRidId ?? 0, uri: repairedRidUri },
    ].filter(({ id }) => id > 0),
    ...(kind.simulcast && { layers: kind.simulcast.layers }),
  };
}

/** Answers a player's section; undefined rejects it. */
export function answerPlayer(
  kinds: readonly PlayedKind[],
  media: OfferedMedia,
  source: (kind: Kind) => AnsweredMedia['source'],
): AnsweredMedia | undefined {
  const kind = kinds.find((found) => found.mid === media.mid);
  if (kind === undefined) return inactive(media);
  const found = source(kind.kind);
  return {
    direction: 'sendonly',
    codecs: kind.codecs.map((codec) => ({
      ...codec,
      feedback: [
        ...['nack', 'nack pli', 'ccm fir'].filter((fb) => kind.kind === 'video' && codec.feedback.has(fb)),
        // Only probes carry it: with one quality there is nothing to choose by an estimate.
        ...(kind.transportCcId > 0 ? ['transport-cc'] : []),
      ],
    })),
    extensions: kind.transportCcId > 0 ? [{ id: kind.transportCcId, uri: transportCcUri }] : [],
    ...(found === undefined ? {} : { source: found }),
  };
}

/**
 * Silence that means something, milliseconds. A publisher of sound alone that mutes goes over from 50 packets a second to
 * a report every few seconds without a sign, so its habit tells nothing.
 */
export const publisherStallMs = (kinds: readonly PublishedKind[]): number =>
  kinds.some((kind) => kind.kind === 'video') ? mediaLimits.stallMs : mediaLimits.slowStallMs;

/** A section of ours that carries nothing now: it stays in the bundle. */
function inactive(media: OfferedMedia): AnsweredMedia | undefined {
  const codec = media.codecs[0];
  if (media.kind === 'other' || codec === undefined) return undefined;
  const { payloadType, encoding, parameters } = codec;
  return {
    direction: 'inactive',
    codecs: [{ payloadType, encoding, parameters, feedback: [] }],
    extensions: [],
  };
}
