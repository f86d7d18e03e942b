/**
 * RTCP (RFC 3550 section 6, RFC 4585, RFC 5104): what peers send us, read; what we send them, built.
 */

import { setU16, setU32, u16, u32 } from './rtp.ts';

export interface ReportBlock {
  readonly ssrc: number;
  /** The fraction of 256 that was lost since the last report. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  /** Middle 32 bits of the last sender report's NTP time; 0 if there was none. */
  readonly lastReport: number;
  /** Since that report, in 1/65,536 s. */
  readonly lastReportAge: number;
}
export interface SenderInfo {
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}
export type Rtcp =
  | { readonly type: 'sr'; readonly ssrc: number; readonly info: SenderInfo; readonly blocks: ReportBlock[] }
  | { readonly type: 'rr'; readonly ssrc: number; readonly blocks: ReportBlock[] }
  | { readonly type: 'nack'; readonly ssrc: number; readonly mediaSsrc: number; readonly sequences: number[] }
  | { readonly type: 'pli'; readonly ssrc: number; readonly mediaSsrc: number }
  | { readonly type: 'fir'; readonly ssrc: number; readonly mediaSsrcs: number[] }
  | { readonly type: 'bye'; readonly ssrc: number }
  | { readonly type: 'other'; readonly packetType: number };

/** The packets of a compound, in order. Reading stops at the first malformed one; what came before it counts. */
export function parseRtcp(compound: Uint8Array): Rtcp[] {
  const found: Rtcp[] = [];
  let at = 0;
  while (at + 4 <= compound.length) {
    const first = compound[at] ?? 0;
    const end = at + 4 + u16(compound, at + 2) * 4;
    if (first >> 6 !== 2 || end > compound.length) break;
    const packetType = compound[at + 1] ?? 0;
    if (packetType === 203) found.push(...byes(compound, at + 4, end, first & 0x1f));
    else {
      const parsed = parseOne(compound, at, end, first & 0x1f, packetType);
      if (parsed === undefined) break;
      found.push(parsed);
    }
    at = end;
  }
  return found;
}

function parseOne(
  bytes: Uint8Array,
  at: number,
  end: number,
  count: number,
  packetType: number,
): Rtcp | undefined {
  const ssrc = u32(bytes, at + 4);
  switch (packetType) {
    case 200: {
      if (end - at < 28 + count * 24) return undefined;
      const info = {
        ntpSeconds: u32(bytes, at + 8),
        ntpFraction: u32(bytes, at + 12),
        timestamp: u32(bytes, at + 16),
        packets: u32(bytes, at + 20),
        octets: u32(bytes, at + 24),
      };
      return { type: 'sr', ssrc, info, blocks: blocksAt(bytes, at + 28, count) };
    }
    case 201:
      if (end - at < 8 + count * 24) return undefined;
      return { type: 'rr', ssrc, blocks: blocksAt(bytes, at + 8, count) };
    case 205:
      if (count !== 1) return { type: 'other', packetType };
      if (end - at < 12) return undefined;
      return { type: 'nack', ssrc, mediaSsrc: u32(bytes, at + 8), sequences: nacked(bytes, at + 12, end) };
    case 206:
      if (end - at < 12) return undefined;
      if (count === 1) return { type: 'pli', ssrc, mediaSsrc: u32(bytes, at + 8) };
      if (count === 4) return { type: 'fir', ssrc, mediaSsrcs: firTargets(bytes, at + 12, end) };
      return { type: 'other', packetType };
    default:
      return { type: 'other', packetType };
  }
}

function blocksAt(bytes: Uint8Array, start: number, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * 24;
    const lost = u32(bytes, at + 4);
    blocks.push({
      ssrc: u32(bytes, at),
      fractionLost: lost >>> 24,
      packetsLost: (lost << 8) >> 8,
      highestSequence: u32(bytes, at + 8),
      jitter: u32(bytes, at + 12),
      lastReport: u32(bytes, at + 16),
      lastReportAge: u32(bytes, at + 20),
    });
  }
  return blocks;
}

function byes(bytes: Uint8Array, start: number, end: number, count: number): Rtcp[] {
  const found: Rtcp[] = [];
  for (let i = 0; i < count && start + i * 4 + 4 <= end; i++)
    found.push({ type: 'bye', ssrc: u32(bytes, start + i * 4) });
  return found;
}

function nacked(bytes: Uint8Array, start: number, end: number): number[] {
  const sequences: number[] = [];
  for (let at = start; at + 4 <= end; at += 4) {
    const first = u16(bytes, at);
    sequences.push(first);
    const mask = u16(bytes, at + 2);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
  }
  return sequences;
}

function firTargets(bytes: Uint8Array, start: number, end: number): number[] {
  const targets: number[] = [];
  for (let at = start; at + 8 <= end; at += 8) targets.push(u32(bytes, at));
  return targets;
}

function header(bytes: Uint8Array, count: number, packetType: number): void {
  bytes[0] = 0x80 | count;
  bytes[1] = packetType;
  setU16(bytes, 2, bytes.length / 4 - 1);
}

/** A picture loss indication: please send a keyframe (RFC 4585 section 6.3.1). */
export function buildPli(ssrc: number, mediaSsrc: number): Buffer {
  const packet = Buffer.alloc(12);
  header(packet, 1, 206);
  setU32(packet, 4, ssrc);
  setU32(packet, 8, mediaSsrc);
  return packet;
}

/** A goodbye of up to 31 sources (RFC 3550 section 6.6). */
export function buildBye(ssrcs: readonly number[]): Buffer {
  const packet = Buffer.alloc(4 + ssrcs.length * 4);
  header(packet, ssrcs.length, 203);
  ssrcs.forEach((ssrc, i) => {
    setU32(packet, 4 + i * 4, ssrc);
  });
  // A compound begins with a report (RFC 3550 section 6.1).
  return Buffer.concat([buildReceiverReport(ssrcs[0] ?? 0, []), packet]);
}

/** A generic NACK for sequence numbers in ascending order, wrapping allowed (RFC 4585 section 6.2.1). */
export function buildNack(ssrc: number, mediaSsrc: number, sequences: readonly number[]): Buffer {
  const entries: { first: number; mask: number }[] = [];
  for (const sequence of sequences) {
    const last = entries.at(-1);
    const step = last === undefined ? 0 : (sequence - last.first) & 0xffff;
    if (last !== undefined && step >= 1 && step <= 16) last.mask |= 1 << (step - 1);
    else entries.push({ first: sequence, mask: 0 });
  }
  const packet = Buffer.alloc(12 + entries.length * 4);
  header(packet, 1, 205);
  setU32(packet, 4, ssrc);
  setU32(packet, 8, mediaSsrc);
  entries.forEach((entry, i) => {
    setU16(packet, 12 + i * 4, entry.first);
    setU16(packet, 14 + i * 4, entry.mask);
  });
  return packet;
}

/** A receiver report (RFC 3550 section 6.4.2) with up to 31 blocks. */
export function buildReceiverReport(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const packet = Buffer.alloc(8 + blocks.length * 24);
  header(packet, blocks.length, 201);
  setU32(packet, 4, ssrc);
  blocks.forEach((block, i) => {
    const at = 8 + i * 24;
    const lost = Math.max(-0x800000, Math.min(0x7fffff, block.packetsLost));
    setU32(packet, at, block.ssrc);
    setU32(packet, at + 4, (block.fractionLost << 24) | (lost & 0xffffff));
    setU32(packet, at + 8, block.highestSequence);
    setU32(packet, at + 12, block.jitter);
    setU32(packet, at + 16, block.lastReport);
    setU32(packet, at + 20, block.lastReportAge);
  });
  return packet;
}

/** A sender report followed by the source's CNAME (RFC 3550 sections 6.4.1 and 6.5). `cname`: at most 255 ASCII characters. */
export function buildSenderReport(ssrc: number, info: SenderInfo, cname: string): Buffer {
  // Chunk: SSRC, item type, length, text, at least one zero, up to a 32-bit boundary.
  const chunk = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const packet = Buffer.alloc(28 + 4 + chunk);
  header(packet.subarray(0, 28), 0, 200);
  setU32(packet, 4, ssrc);
  setU32(packet, 8, info.ntpSeconds);
  setU32(packet, 12, info.ntpFraction);
  setU32(packet, 16, info.timestamp);
  setU32(packet, 20, info.packets);
  setU32(packet, 24, info.octets);
  header(packet.subarray(28), 1, 202);
  setU32(packet, 32, ssrc);
  packet[36] = 1;
  packet[37] = cname.length;
  packet.write(cname, 38, 'latin1');
  return packet;
}

/** A receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03), bits per second. */
export function buildRemb(ssrc: number, mediaSsrcs: readonly number[], bitsPerSecond: number): Buffer {
  const packet = Buffer.alloc(20 + mediaSsrcs.length * 4);
  header(packet, 15, 206);
  setU32(packet, 4, ssrc);
  packet.write('REMB', 12, 'latin1');
  let exponent = 0;
  let mantissa = Math.floor(bitsPerSecond);
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent += 1;
  }
  packet[16] = mediaSsrcs.length;
  packet[17] = (exponent << 2) | (mantissa >>> 16);
  setU16(packet, 18, mantissa & 0xffff);
  mediaSsrcs.forEach((mediaSsrc, i) => {
    setU32(packet, 20 + i * 4, mediaSsrc);
  });
  return packet;
}
