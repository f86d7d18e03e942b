import { createHmac, timingSafeEqual } from 'node:crypto';

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
  const first = createHmac('sha256', littleEndian(issuedSeconds)).update(certificate, 'ascii').digest();
  const second = createHmac('sha256', littleEndian(salt)).update(first).digest();
  return createHmac('sha256', second).update(info).digest();
}

/** Are the two signatures the same? In constant time. */
export function sameSignature(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
