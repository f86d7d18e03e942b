import { timingSafeEqual } from 'node:crypto';

/**
 * Signature of an AccessToken2's `info` bytes under a certificate. The odd part is the format's: in the first two steps the
 * number is the key and what one would take for the key is the message.
 */
export function signInfo(
  certificate: string,
  issuedSeconds: number,
  salt: number,
  info: Uint8Array,
): Uint8Array<ArrayBufferLike> {
  const first = hmac(littleEndian(issuedSeconds)).update(certificate, 'ascii').digest();
  const second = hmac(littleEndian(salt)).update(first).digest();
  return hmac(second).update(info).digest();
}

/** The runtime's own: everybody who joins is checked by three of them, and a stream of Node's for each took twice as long. */
const hmac = (key: Uint8Array) => new Bun.CryptoHasher('sha256', key);

/** Are the two signatures the same? In constant time. */
export function sameSignature(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

const littleEndian = (value: number): Uint8Array =>
  Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
