import type { OfferedCodec } from './codec.ts';
import type { Offer, OfferedMedia } from './sdp-offer.ts';

/** Our end of the transport, as the native library gave it. */
export interface LocalTransport {
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprint: string;
  readonly setup: 'active' | 'passive';
  readonly candidates: readonly string[];
}

/** The answer to one media section; without it the section is rejected. */
export interface AnsweredMedia {
  readonly direction: 'recvonly' | 'sendonly' | 'inactive';
  readonly codecs: readonly AnsweredCodec[];
  /** Header extensions kept. */
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
  /** The layers that we take, by their restriction ids. */
  readonly layers?: readonly string[];
  /** Our own source, when we send. */
  readonly source?: {
    readonly ssrc: number;
    /** Of repairs, if a codec of this section has any. */
    readonly repairSsrc?: number;
    readonly cname: string;
    readonly stream: string;
    readonly track: string;
  };
}
export interface AnsweredCodec extends Pick<OfferedCodec, 'payloadType' | 'encoding' | 'repair'> {
  readonly parameters: string;
  readonly feedback: readonly string[];
}

/** Writes the answer. `version` grows with every answer of one session (RFC 8866 section 5.2). */
export function buildAnswer(options: {
  readonly offer: Offer;
  readonly transport: LocalTransport;
  readonly version: number;
  readonly media: (media: OfferedMedia) => AnsweredMedia | undefined;
}): string {
  const { offer, transport } = options;
  const answered = offer.medias.map((media) => ({
    media,
    answer: media.rejected ? undefined : options.media(media),
  }));
  const bundled = answered.filter(({ answer }) => answer !== undefined).map(({ media }) => media.mid);
  const lines = [
    'v=0',
    `o=- 1 ${options.version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${bundled.join(' ')}`,
    'a=msid-semantic: WMS *',
  ];
  for (const { media, answer } of answered) {
    if (answer === undefined) {
      lines.push(
        `m=${media.type} 0 ${media.protocol} ${media.format}`,
        'c=IN IP4 0.0.0.0',
        `a=mid:${media.mid}`,
      );
      lines.push('a=inactive');
      continue;
    }
    const repairs = answer.codecs.flatMap(({ repair }) => repair ?? []);
    const types = [...answer.codecs.map((codec) => codec.payloadType), ...repairs].join(' ');
    lines.push(`m=${media.type} 9 ${media.protocol} ${types}`, 'c=IN IP4 0.0.0.0', 'a=rtcp:9 IN IP4 0.0.0.0');
    lines.push(`a=ice-ufrag:${transport.ufrag}`, `a=ice-pwd:${transport.password}`);
    // Candidates that come later are taken, and a restart is (RFC 8840 section 4.1).
    lines.push('a=ice-options:trickle');
    lines.push(`a=fingerprint:${transport.fingerprint}`, `a=setup:${transport.setup}`, `a=mid:${media.mid}`);
    lines.push(`a=${answer.direction}`, 'a=rtcp-mux', 'a=rtcp-rsize');
    for (const { id, uri } of answer.extensions) lines.push(`a=extmap:${id} ${uri}`);
    for (const codec of answer.codecs) {
      lines.push(`a=rtpmap:${codec.payloadType} ${codec.encoding}`);
      for (const feedback of codec.feedback) lines.push(`a=rtcp-fb:${codec.payloadType} ${feedback}`);
      if (codec.parameters !== '') lines.push(`a=fmtp:${codec.payloadType} ${codec.parameters}`);
      if (codec.repair !== undefined)
        lines.push(`a=rtpmap:${codec.repair} rtx/90000`, `a=fmtp:${codec.repair} apt=${codec.payloadType}`);
    }
    const { layers = [] } = answer;
    for (const rid of layers) lines.push(`a=rid:${rid} recv`);
    if (layers.length > 0) lines.push(`a=simulcast:recv ${layers.join(';')}`);
    if (answer.source !== undefined) lines.push(...sourceLines(answer.source, repairs.length > 0));
    // The bundle's transport is in its first section.
    if (media.mid === bundled[0])
      lines.push(...transport.candidates.map((candidate) => `a=${candidate}`), 'a=end-of-candidates');
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** What we send. Browsers take the first SSRC for the picture, whatever the group says: its lines come before the repairs'. */
function sourceLines(source: NonNullable<AnsweredMedia['source']>, hasRepairs: boolean): string[] {
  const { ssrc, repairSsrc, cname, stream, track } = source;
  const described = (of: number) => [`a=ssrc:${of} cname:${cname}`, `a=ssrc:${of} msid:${stream} ${track}`];
  const lines = [`a=msid:${stream} ${track}`];
  if (!hasRepairs || repairSsrc === undefined) return [...lines, ...described(ssrc)];
  return [...lines, `a=ssrc-group:FID ${ssrc} ${repairSsrc}`, ...described(ssrc), ...described(repairSsrc)];
}
