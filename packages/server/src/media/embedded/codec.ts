/** The codecs that the embedded engine forwards, and when a stream of one offer fits another. */

export type Kind = 'audio' | 'video';
export type CodecName = 'VP8' | 'H264' | 'opus';

export interface OfferedCodec {
  readonly payloadType: number;
  readonly name: CodecName;
  /** RTP ticks per second. */
  readonly clockRate: number;
  /** As in the rtpmap, with channels: `opus/48000/2`. */
  readonly encoding: string;
  /** As offered; empty if there was none. */
  readonly parameters: string;
  /** `nack`, `nack pli`, `transport-cc`, … */
  readonly feedback: ReadonlySet<string>;
}

/** Two codecs with the same key carry the same streams. H264 differs by packetization mode and profile. */
export function codecKey(codec: Pick<OfferedCodec, 'name' | 'parameters'>): string {
  if (codec.name !== 'H264') return codec.name;
  const mode = /(?:^|;)\s*packetization-mode=(\d)/i.exec(codec.parameters)?.[1] ?? '0';
  // RFC 6184 section 8.1: without a profile-level-id it is Baseline. Encoders of browsers only make its constrained subset.
  const profile = /(?:^|;)\s*profile-level-id=([0-9a-f]{2})/i.exec(codec.parameters)?.[1] ?? '42';
  return `H264/${mode}/${profile.toLowerCase()}`;
}

/** The codec of an rtpmap's encoding, if we forward it as this kind. */
export function codecNamed(kind: Kind, encoding: string): { name: CodecName; clockRate: number } | undefined {
  const lower = encoding.toLowerCase();
  if (kind === 'audio') return lower === 'opus/48000/2' ? { name: 'opus', clockRate: 48_000 } : undefined;
  if (lower === 'vp8/90000') return { name: 'VP8', clockRate: 90_000 };
  if (lower === 'h264/90000') return { name: 'H264', clockRate: 90_000 };
  return undefined;
}
