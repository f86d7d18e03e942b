/** STUN as ICE uses it (RFC 8489, RFC 8445): Binding with a short-term password and a fingerprint. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface Address {
  /** IPv4 or IPv6, without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface StunMessage {
  readonly type: keyof typeof types;
  /** 12 bytes. */
  readonly transaction: Buffer;
  readonly username: string | undefined;
  readonly priority: number | undefined;
  readonly useCandidate: boolean;
  readonly role: 'controlling' | 'controlled' | undefined;
  /** The tie-breaker of its role is all zeros, as Chromium's is over TURN on TCP: the native library refuses that. */
  readonly hasZeroTieBreaker: boolean;
  readonly errorCode: number | undefined;
  /** Attributes that must be understood and are not. */
  readonly unknown: readonly number[];
  /** Offset of MESSAGE-INTEGRITY, bytes; -1 without it. */
  readonly integrityAt: number;
}

const cookie = 0x2112a442;
const headerBytes = 20;
const integrityBytes = 20;
const types = { request: 0x0001, indication: 0x0011, success: 0x0101, error: 0x0111 } as const;
const attribute = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  unknown: 0x000a,
  xorMapped: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  controlled: 0x8029,
  controlling: 0x802a,
} as const;
/** Below it an attribute must be understood. */
const optionalFrom = 0x8000;
const known: ReadonlySet<number> = new Set(Object.values(attribute));
const fingerprintMask = 0x5354554e;

/** Tells STUN from DTLS, RTP and RTCP (RFC 7983). It may still be malformed. */
export const isStun = (packet: Buffer): boolean =>
  packet.length >= headerBytes && (packet[0] ?? 0xff) < 4 && packet.readUInt32BE(4) === cookie;

/** Reads a Binding message; undefined if it is malformed, of another method, or without a right fingerprint. */
export function readStun(packet: Buffer): StunMessage | undefined {
  if (!isStun(packet) || packet.readUInt16BE(2) + headerBytes !== packet.length) return undefined;
  const number = packet.readUInt16BE(0);
  const type = typeNames.find((name) => types[name] === number);
  if (type === undefined) return undefined;
  const values = new Map<number, Buffer>();
  const unknown: number[] = [];
  let integrityAt = -1;
  let fingerprinted = false;
  for (let at = headerBytes; at < packet.length; ) {
    // The fingerprint is the last there is.
    if (fingerprinted || at + 4 > packet.length) return undefined;
    const name = packet.readUInt16BE(at);
    const length = packet.readUInt16BE(at + 2);
    const next = at + 4 + length + padding(length);
    if (next > packet.length) return undefined;
    if (name === attribute.fingerprint) {
      if (length !== 4 || packet.readUInt32BE(at + 4) !== fingerprintOf(packet.subarray(0, at)))
        return undefined;
      fingerprinted = true;
    } else if (name === attribute.integrity && integrityAt < 0) {
      if (length !== integrityBytes) return undefined;
      integrityAt = at;
    } else if (integrityAt < 0) {
      // Attributes after MESSAGE-INTEGRITY are not covered by it, and so not read.
      if (!values.has(name)) values.set(name, packet.subarray(at + 4, at + 4 + length));
      if (name < optionalFrom && !known.has(name)) unknown.push(name);
    }
    at = next;
  }
  if (!fingerprinted) return undefined;
  const priority = values.get(attribute.priority);
  const error = values.get(attribute.error);
  const tieBreaker = values.get(attribute.controlling) ?? values.get(attribute.controlled);
  return {
    type,
    transaction: Buffer.from(packet.subarray(8, headerBytes)),
    username: values.get(attribute.username)?.toString(),
    priority: priority?.length === 4 ? priority.readUInt32BE(0) : undefined,
    useCandidate: values.has(attribute.useCandidate),
    role: values.has(attribute.controlling)
      ? 'controlling'
      : values.has(attribute.controlled)
        ? 'controlled'
        : undefined,
    hasZeroTieBreaker: tieBreaker?.every((byte) => byte === 0) ?? false,
    errorCode:
      error !== undefined && error.length >= 4 ? ((error[2] ?? 0) & 7) * 100 + (error[3] ?? 0) : undefined,
    unknown,
    integrityAt,
  };
}

/** True if the message was written by somebody who knows the password. */
export function integrityHolds(packet: Buffer, message: StunMessage, password: string): boolean {
  const at = message.integrityAt;
  if (at < 0) return false;
  const told = packet.subarray(at + 4, at + 4 + integrityBytes);
  return timingSafeEqual(told, integrityOf(packet.subarray(0, at), password));
}

export interface StunFields {
  readonly username?: string;
  readonly priority?: number;
  readonly useCandidate?: boolean;
  /** 8 bytes, the tie-breaker. */
  readonly controlling?: Uint8Array;
  readonly controlled?: Uint8Array;
  readonly mapped?: Address;
  readonly errorCode?: number;
  readonly unknown?: readonly number[];
}

/** Writes a Binding message with integrity and fingerprint. */
export function writeStun(
  type: StunMessage['type'],
  transaction: Buffer,
  fields: StunFields,
  password: string,
): Buffer {
  const parts: Buffer[] = [Buffer.alloc(headerBytes)];
  const add = (name: number, value: Uint8Array): void => {
    const part = Buffer.alloc(4 + value.length + padding(value.length));
    part.writeUInt16BE(name, 0);
    part.writeUInt16BE(value.length, 2);
    part.set(value, 4);
    parts.push(part);
  };
  if (fields.username !== undefined) add(attribute.username, Buffer.from(fields.username));
  if (fields.priority !== undefined) add(attribute.priority, u32(fields.priority));
  if (fields.useCandidate) add(attribute.useCandidate, Buffer.alloc(0));
  if (fields.controlling) add(attribute.controlling, fields.controlling);
  if (fields.controlled) add(attribute.controlled, fields.controlled);
  if (fields.errorCode !== undefined) {
    const { errorCode } = fields;
    add(attribute.error, Buffer.from([0, 0, Math.floor(errorCode / 100), errorCode % 100]));
  }
  if (fields.unknown)
    add(attribute.unknown, Buffer.from(fields.unknown.flatMap((name) => [name >> 8, name & 0xff])));
  if (fields.mapped) add(attribute.xorMapped, xorMapped(fields.mapped, transaction));
  const head = Buffer.concat(parts);
  head.writeUInt16BE(types[type], 0);
  head.writeUInt32BE(cookie, 4);
  transaction.copy(head, 8);
  const whole = Buffer.alloc(head.length + 4 + integrityBytes + 8);
  whole.set(head);
  whole.writeUInt16BE(attribute.integrity, head.length);
  whole.writeUInt16BE(integrityBytes, head.length + 2);
  whole.set(integrityOf(head, password), head.length + 4);
  const fingerprintAt = whole.length - 8;
  whole.writeUInt16BE(whole.length - headerBytes, 2);
  whole.writeUInt16BE(attribute.fingerprint, fingerprintAt);
  whole.writeUInt16BE(4, fingerprintAt + 2);
  whole.writeUInt32BE(fingerprintOf(whole.subarray(0, fingerprintAt)), fingerprintAt + 4);
  return whole;
}

/** The value of XOR-MAPPED-ADDRESS. The address must be a literal one. */
export function xorMapped({ address, port }: Address, transaction: Buffer): Buffer {
  const bytes = address.includes(':') ? bytesOfSix(address) : Buffer.from(address.split('.').map(Number));
  const mask = Buffer.concat([u32(cookie), transaction]);
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (cookie >>> 16), 2);
  bytes.forEach((byte, i) => {
    value[4 + i] = byte ^ (mask[i] ?? 0);
  });
  return value;
}

const typeNames = Object.keys(types) as (keyof typeof types)[];

const padding = (length: number): number => -length & 3;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** `covered`: all before the integrity. Its length field must count the integrity, whatever follows (RFC 8489 14.5). */
function integrityOf(covered: Buffer, password: string): Buffer {
  const header = Buffer.from(covered.subarray(0, headerBytes));
  header.writeUInt16BE(covered.length - headerBytes + 4 + integrityBytes, 2);
  return createHmac('sha1', password).update(header).update(covered.subarray(headerBytes)).digest();
}

const fingerprintOf = (covered: Buffer): number => (crc32(covered) ^ fingerprintMask) >>> 0;

function bytesOfSix(address: string): Buffer {
  const [plain = ''] = address.split('%');
  const [before = '', after] = plain.split('::');
  const left = wordsOf(before);
  const right = wordsOf(after ?? '');
  const missing = Math.max(0, 8 - left.length - right.length);
  const words = [...left, ...Array<number>(missing).fill(0), ...right];
  return Buffer.from(words.slice(0, 8).flatMap((word) => [word >> 8, word & 0xff]));
}

const wordsOf = (part: string): number[] =>
  part
    .split(':')
    .filter((word) => word !== '')
    .flatMap((word) => {
      if (!word.includes('.')) return [Number.parseInt(word, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = word.split('.').map(Number);
      return [(a << 8) | b, (c << 8) | d];
    });
