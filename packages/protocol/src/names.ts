/** The names people choose: what is legal (spec: notifications section 7, Identifiers). */

export const channelNameBytesMax = 64;
export const accountBytesMax = 255;
export const uidMax = 0xffffffff;

/** The 89 legal characters of channel names and accounts. All are ASCII, so length in characters is length in bytes. */
const legal = /^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]+$/;

export function isChannelName(value: unknown): value is string {
  return isName(value, channelNameBytesMax);
}

export function isAccount(value: unknown): value is string {
  return isName(value, accountBytesMax);
}

function isName(value: unknown, bytesMax: number): value is string {
  return typeof value === 'string' && value.length <= bytesMax && legal.test(value) && !isDotSegment(value);
}

/**
 * A URL cannot carry these as a segment of its path, percent-encoded or not: every client takes them out before it sends the request
 * (URL Standard, "double-dot path segment"), so that no REST call could reach what has such a name.
 */
const isDotSegment = (value: string): boolean => value === '.' || value === '..';

/** A uid as a client may send it; 0 asks the server to assign one. */
export function isUid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= uidMax;
}

/** 32 hexadecimal characters, either case. */
export function isAppId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-fA-F]{32}$/.test(value);
}
