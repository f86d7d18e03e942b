import { mediaLimits } from '../../limits.ts';
import { codecNamed, type Kind, type OfferedCodec } from './codec.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface OfferedMedia {
  /** `other`: answered as rejected (a data channel, say). */
  readonly kind: Kind | 'other';
  /** The media type and protocol as offered, for a rejection. */
  readonly type: string;
  readonly protocol: string;
  readonly format: string;
  readonly mid: string;
  /** Port 0 without bundle-only: the offerer does not want it. */
  readonly rejected: boolean;
  readonly direction: Direction;
  /** The codecs that we forward, in the offer's order. */
  readonly codecs: readonly OfferedCodec[];
  /** Header extension ids by URI. */
  readonly extensions: ReadonlyMap<string, number>;
  /** The restriction ids (RFC 8851) under which the same picture is sent in several sizes; empty if it is sent once. */
  readonly layers: readonly string[];
}

export interface Offer {
  readonly ufrag: string;
  readonly password: string;
  /** `sha-256 AA:BB:…` */
  readonly fingerprint: string;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly medias: readonly OfferedMedia[];
}

export type ParsedOffer =
  | { readonly ok: true; readonly offer: Offer }
  | { readonly ok: false; readonly detail: string };

interface Section {
  readonly line: string;
  readonly attributes: { name: string; value: string }[];
}

/**
 * Reads an offer strictly: nothing of its text goes further than what is checked here, because the native library is
 * only ever given what we write ourselves. Candidates are not read: clients come to us, and a packet goes only to where one
 * came from that knew the session's password. Else whoever may send an offer could have us send to addresses of their choice.
 */
export function parseOffer(sdp: string): ParsedOffer {
  if (sdp.length > mediaLimits.offerLengthMax) return refuse('The offer is too long.');
  if (/\r(?!\n)/.test(sdp)) return refuse('A line ends with a carriage return alone.');
  const lines = sdp.split(/\r?\n/);
  if (lines.length > mediaLimits.offerLinesMax) return refuse('The offer has too many lines.');
  if (lines[0] !== 'v=0') return refuse('The offer does not begin with v=0.');
  const session: Section = { line: '', attributes: [] };
  const sections: Section[] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push({ line: line.slice(2), attributes: [] });
    else if (line.startsWith('a=')) (sections.at(-1) ?? session).attributes.push(attribute(line.slice(2)));
  }
  if (sections.length === 0) return refuse('The offer has no media section.');
  if (sections.length > mediaLimits.offerSectionsMax) return refuse('The offer has too many media sections.');
  const medias: OfferedMedia[] = [];
  for (const section of sections) {
    const media = mediaOf(section);
    if (typeof media === 'string') return refuse(media);
    if (medias.some((other) => other.mid === media.mid))
      return refuse('Two media sections have the same mid.');
    medias.push(media);
  }
  const wanted = medias.filter((media) => media.kind !== 'other' && !media.rejected);
  for (const kind of ['audio', 'video'] as const)
    if (wanted.filter((media) => media.kind === kind).length > 1)
      return refuse(`The offer has more than one ${kind} section.`);
  const bundled = attributeOf(session, 'group')?.split(' ') ?? [];
  if (wanted.length > 1 && (bundled[0] !== 'BUNDLE' || wanted.some((media) => !bundled.includes(media.mid))))
    return refuse('All media sections must be in one BUNDLE group.');
  const payloadTypes = wanted.flatMap(({ codecs }) =>
    codecs.flatMap(({ payloadType, repair }) => (repair === undefined ? payloadType : [payloadType, repair])),
  );
  if (new Set(payloadTypes).size !== payloadTypes.length) return refuse('A payload type is used twice.');
  // The transport of a bundle is its first section's.
  const transport =
    sections[
      Math.max(
        0,
        medias.findIndex((media) => media.mid === wanted[0]?.mid),
      )
    ];
  const find = (name: string) =>
    (transport === undefined ? undefined : attributeOf(transport, name)) ?? attributeOf(session, name);
  const ufrag = find('ice-ufrag') ?? '';
  const password = find('ice-pwd') ?? '';
  const fingerprint = find('fingerprint') ?? '';
  const setup = find('setup') ?? 'actpass';
  if (!/^[A-Za-z0-9+/]{4,256}$/.test(ufrag)) return refuse('The ice-ufrag is missing or malformed.');
  if (!/^[A-Za-z0-9+/]{22,256}$/.test(password)) return refuse('The ice-pwd is missing or malformed.');
  if (!isFingerprint(fingerprint)) return refuse('The fingerprint is missing or malformed.');
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    return refuse('The setup must be actpass, active or passive.');
  return {
    ok: true,
    offer: {
      ufrag,
      password,
      fingerprint,
      setup,
      medias,
    },
  };
}

const refuse = (detail: string): ParsedOffer => ({ ok: false, detail });

function attribute(text: string): { name: string; value: string } {
  const colon = text.indexOf(':');
  return colon < 0
    ? { name: text, value: '' }
    : { name: text.slice(0, colon), value: text.slice(colon + 1).trim() };
}

const attributeOf = (section: Section, name: string): string | undefined =>
  section.attributes.find((found) => found.name === name)?.value;

const fingerprintBytes: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

function isFingerprint(value: string): boolean {
  const [algorithm = '', digest = '', ...rest] = value.split(' ');
  const bytes = fingerprintBytes[algorithm.toLowerCase()];
  return (
    rest.length === 0 &&
    bytes !== undefined &&
    digest.length === bytes * 3 - 1 &&
    /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$/.test(digest)
  );
}

/** One media section, or the sentence that refuses it. */
function mediaOf(section: Section): OfferedMedia | string {
  const [type = '', port = '', protocol = '', ...formats] = section.line.trim().split(/ +/);
  if (!/^[a-z]{1,20}$/.test(type) || !/^\d{1,5}$/.test(port) || !/^[A-Z/]{1,30}$/.test(protocol))
    return 'A media line is malformed.';
  if (formats.length === 0 || formats.some((format) => !/^[\w-]{1,40}$/.test(format)))
    return 'A media line is malformed.';
  const mid = attributeOf(section, 'mid') ?? '';
  if (!/^[\w.+-]{1,32}$/.test(mid)) return 'A media section has no usable mid.';
  const kind =
    (type === 'audio' || type === 'video') && /^UDP\/TLS\/RTP\/SAVPF?$/.test(protocol) ? type : 'other';
  const rejected = port === '0' && attributeOf(section, 'bundle-only') === undefined;
  if (kind !== 'other' && !rejected && attributeOf(section, 'rtcp-mux') === undefined)
    return 'RTP and RTCP must share one port (rtcp-mux).';
  return {
    kind,
    type,
    protocol,
    format: formats[0] ?? '0',
    mid,
    rejected,
    direction: directionOf(section),
    codecs: kind === 'other' ? [] : codecsOf(kind, formats, section),
    extensions: extensionsOf(section),
    layers: kind === 'video' ? layersOf(section) : [],
  };
}

/** The streams of `a=simulcast:send` (RFC 8853), the first of alternatives each, as far as `a=rid` names them too. */
function layersOf(section: Section): string[] {
  const named = new Set(
    section.attributes.flatMap(({ name, value }) =>
      name === 'rid' ? (/^([\w-]{1,32}) send\b/.exec(value)?.[1] ?? []) : [],
    ),
  );
  const [, list = ''] = /(?:^| )send (\S+)/.exec(attributeOf(section, 'simulcast') ?? '') ?? [];
  const rids = list.split(';').map((alternatives) => (alternatives.split(',')[0] ?? '').replace(/^~/, ''));
  const layers = [...new Set(rids)].filter((rid) => named.has(rid)).slice(0, mediaLimits.layersMax);
  return layers.length > 1 ? layers : [];
}

function directionOf(section: Section): Direction {
  for (const { name } of section.attributes)
    if (name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive') return name;
  return 'sendrecv';
}

function codecsOf(kind: Kind, formats: readonly string[], section: Section): OfferedCodec[] {
  const codecs: OfferedCodec[] = [];
  const described = byFormat(section);
  const repairs = new Map<number, number>();
  // A line has room for thousands, and there are 128.
  for (const format of new Set(formats)) {
    const payloadType = Number(format);
    // RFC 5761 section 4: 64 to 95 would look like RTCP.
    if (!/^\d{1,3}$/.test(format) || payloadType > 127 || (payloadType >= 64 && payloadType <= 95)) continue;
    if (codecs.some((codec) => codec.payloadType === payloadType)) continue;
    const of = (name: string) => described.get(`${name}:${format}`) ?? [];
    const encoding = of('rtpmap')[0] ?? '';
    const parameters = of('fmtp')[0] ?? '';
    // RFC 4588 section 8.1: its rate is that of what it repairs, which `apt` names.
    const repaired =
      kind === 'video' && /^rtx\/90000$/i.test(encoding) ? /^apt=(\d{1,3})(?:;|$)/.exec(parameters) : null;
    if (repaired !== null) repairs.set(Number(repaired[1]), payloadType);
    const codec = codecNamed(kind, encoding);
    if (codec === undefined) continue;
    if (!/^[\x21-\x7e ]{0,1000}$/.test(parameters)) continue;
    codecs.push({ payloadType, ...codec, encoding, parameters, feedback: new Set(of('rtcp-fb')) });
  }
  return codecs.map((codec) => {
    const repair = repairs.get(codec.payloadType);
    // Who is not told what is missing repairs nothing.
    return repair === undefined || !codec.feedback.has('nack') ? codec : { ...codec, repair };
  });
}

/** Collects the attributes of a section about its formats, by attribute and format, as in `rtpmap:96`. */
function byFormat(section: Section): ReadonlyMap<string, readonly string[]> {
  const described = new Map<string, string[]>();
  for (const { name, value } of section.attributes) {
    const space = value.indexOf(' ');
    if (space < 0) continue;
    const key = `${name}:${value.slice(0, space)}`;
    const said = described.get(key);
    if (said) said.push(value.slice(space + 1).trim());
    else described.set(key, [value.slice(space + 1).trim()]);
  }
  return described;
}

function extensionsOf(section: Section): Map<string, number> {
  const extensions = new Map<string, number>();
  for (const { name, value } of section.attributes) {
    const match = name === 'extmap' ? /^(\d{1,3})(?:\/\w+)? (\S{1,200})/.exec(value) : null;
    const id = Number(match?.[1]);
    if (match?.[2] !== undefined && id >= 1 && id <= 255 && id !== 15) extensions.set(match[2], id);
  }
  return extensions;
}
