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
  /** Payload type of repairs of this codec (RFC 4588), if that was offered. */
  readonly repair?: number;
}

/** Names a codec to people; H264 with its packetization mode and profile, like `H264/1/64`. */
export function codecLabel(codec: Pick<OfferedCodec, 'name' | 'parameters'>): string {
  if (codec.name !== 'H264') return codec.name;
  return `H264/${packetizationMode(codec)}/${profileOf(codec)}`;
}

/**
 * The codec of those that a player offers in which it takes a publisher's stream; undefined if it takes it in none. H264
 * comes in profiles that contain each other: rather in the stream's own, else in the next one up. Where the player names
 * lower ones only it gets the stream all the same, because what a browser names says little of what it decodes: Chromium
 * without hardware names Baseline and Main, and decodes High; encoders send High under the name of Baseline.
 */
export function codecFor(
  published: Pick<OfferedCodec, 'name' | 'parameters'>,
  offered: readonly OfferedCodec[],
): OfferedCodec | undefined {
  let best: OfferedCodec | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const codec of offered) {
    const distance = distanceTo(published, codec);
    if (distance >= bestDistance) continue;
    best = codec;
    bestDistance = distance;
  }
  return best;
}

/** RFC 6184 section 6.2: in mode 1 packets may be fragments, which a receiver of mode 0 does not put together. */
export function packetizationMode(codec: Pick<OfferedCodec, 'name' | 'parameters'>): number {
  return Number(/(?:^|;)\s*packetization-mode=(\d)/i.exec(codec.parameters)?.[1] ?? 0);
}

/** The first byte of the profile-level-id. RFC 6184 section 8.1: without one it is Baseline. */
function profileOf(codec: Pick<OfferedCodec, 'parameters'>): string {
  return (/(?:^|;)\s*profile-level-id=([0-9a-f]{2})/i.exec(codec.parameters)?.[1] ?? '42').toLowerCase();
}

/** Baseline (of which browsers use the constrained part), Main, High: 8 bits, 4:2:0, each with all of the one before. */
const nestedProfiles = ['42', '4d', '64'];

/** The distance of a codec from a published one: 0 is the same, infinity does not fit. */
function distanceTo(
  published: Pick<OfferedCodec, 'name' | 'parameters'>,
  offered: Pick<OfferedCodec, 'name' | 'parameters'>,
): number {
  if (published.name !== offered.name) return Number.POSITIVE_INFINITY;
  if (published.name !== 'H264') return 0;
  const [fromMode, toMode] = [packetizationMode(published), packetizationMode(offered)];
  if (fromMode > toMode) return Number.POSITIVE_INFINITY;
  const modes = toMode - fromMode;
  const [from, to] = [profileOf(published), profileOf(offered)];
  if (from === to) return modes;
  const steps = nestedProfiles.indexOf(to) - nestedProfiles.indexOf(from);
  if (!nestedProfiles.includes(from) || !nestedProfiles.includes(to)) return Number.POSITIVE_INFINITY;
  return modes + (steps > 0 ? 10 * steps : 100 - 10 * steps);
}

/** The codec of an rtpmap's encoding, if we forward it as this kind. */
export function codecNamed(kind: Kind, encoding: string): { name: CodecName; clockRate: number } | undefined {
  const lower = encoding.toLowerCase();
  if (kind === 'audio') return lower === 'opus/48000/2' ? { name: 'opus', clockRate: 48_000 } : undefined;
  if (lower === 'vp8/90000') return { name: 'VP8', clockRate: 90_000 };
  if (lower === 'h264/90000') return { name: 'H264', clockRate: 90_000 };
  return undefined;
}
