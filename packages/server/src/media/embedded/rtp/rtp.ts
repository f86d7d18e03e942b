/**
 * RTP packets (RFC 3550 section 5.1, RFC 8285 for extensions), read and rewritten in place: nothing here allocates.
 */

export const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
export const u32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;
export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
export function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** True for RTCP on a multiplexed port (RFC 5761 section 4: packet types 192 to 223). */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return packet.length >= 8 && (packet[0] ?? 0) >> 6 === 2 && type >= 192 && type <= 223;
}

/** True if the fixed header, the sources, the extension and the padding all fit into the packet. */
export function isRtp(packet: Uint8Array): boolean {
  if (packet.length < 12 || (packet[0] ?? 0) >> 6 !== 2) return false;
  return payloadEnd(packet) >= payloadStart(packet);
}

export const payloadTypeOf = (packet: Uint8Array): number => (packet[1] ?? 0) & 0x7f;
export const sequenceOf = (packet: Uint8Array): number => u16(packet, 2);
export const timestampOf = (packet: Uint8Array): number => u32(packet, 4);
export const ssrcOf = (packet: Uint8Array): number => u32(packet, 8);

/** Offset of the payload, bytes; past the end if the packet is malformed. */
export function payloadStart(packet: Uint8Array): number {
  const first = packet[0] ?? 0;
  const start = 12 + (first & 0x0f) * 4;
  return first & 0x10 ? start + 4 + u16(packet, start + 2) * 4 : start;
}

/** Offset of the payload's end, bytes, padding left out; -1 if the padding count is malformed. */
export function payloadEnd(packet: Uint8Array): number {
  if (((packet[0] ?? 0) & 0x20) === 0) return packet.length;
  const padding = packet[packet.length - 1] ?? 0;
  return padding === 0 ? -1 : packet.length - padding;
}

/** Offset of the data of header extension `id`, bytes, in the one-byte or two-byte form; -1 if it is not there. */
export function extensionAt(packet: Uint8Array, id: number): number {
  const first = packet[0] ?? 0;
  if ((first & 0x10) === 0) return -1;
  const header = 12 + (first & 0x0f) * 4;
  const profile = u16(packet, header);
  const end = Math.min(header + 4 + u16(packet, header + 2) * 4, packet.length);
  const oneByte = profile === 0xbede;
  if (!oneByte && profile >> 4 !== 0x100) return -1;
  let at = header + 4;
  while (at < end) {
    const byte = packet[at] ?? 0;
    if (byte === 0) {
      at += 1;
      continue;
    }
    const found = oneByte ? byte >> 4 : byte;
    // RFC 8285 section 4.2: id 15 ends the one-byte form.
    if (oneByte && found === 15) return -1;
    const length = oneByte ? (byte & 0x0f) + 1 : (packet[at + 1] ?? 0);
    const data = at + (oneByte ? 1 : 2);
    if (data + length > end) return -1;
    if (found === id) return data;
    at = data + length;
  }
  return -1;
}
