import { isIPv4, isIPv6 } from 'node:net';

/** An address as its bytes, 4 or 16 of them. Reads what resolvers and URLs give; a zone (`%eth0`) is dropped. */
export function parseIp(text: string): Uint8Array | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const [address = ''] = bare.split('%');
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (isIPv6(address)) return parseIpv6(address);
  return undefined;
}

/**
 * The one way to write an address, so that equal addresses are equal texts: an IPv4-mapped one as IPv4, IPv6 in lower case
 * with its longest run of zeros left out (RFC 5952), no zone. What is no address stays as it is.
 */
export function canonicalIp(text: string): string {
  // Nearly all are IPv4 already, which has one form.
  if (!text.includes(':')) return text;
  const bytes = parseIp(text);
  if (!bytes) return text;
  const address = unmapped(bytes);
  return address.length === 4 ? address.join('.') : formatIpv6(address);
}

/**
 * The holder of an address, for budgets and counts: an IPv4 address, or the /64 that a subscriber of IPv6 is given whole
 * (RFC 6177). As a text; a text that is no address stays as it is.
 */
export function holderOf(text: string): string {
  const bytes = parseIp(text);
  if (!bytes) return text;
  const address = unmapped(bytes);
  if (address.length === 4) return address.join('.');
  return `${formatIpv6(Uint8Array.from(address, (byte, index) => (index < 8 ? byte : 0)))}/64`;
}

/** The IPv4 address that an IPv4-mapped IPv6 one (RFC 4291 section 2.5.5.2) carries; any other as it is. */
export function unmapped(bytes: Uint8Array): Uint8Array {
  const isMapped =
    bytes.length === 16 &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff;
  return isMapped ? bytes.subarray(12) : bytes;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  let longest = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === '0') length++;
    if (length > longest.length) longest = { from, length };
  }
  // A single zero is written out.
  if (longest.length === 1) return groups.join(':');
  const { from, length } = longest;
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`;
}

/** The text is known to be well formed: at most one `::`, and dotted decimals only at the end. */
function parseIpv6(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const front = bytesOf(head);
  const back = tail === undefined ? [] : bytesOf(tail);
  const bytes = new Uint8Array(16);
  bytes.set(front);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function bytesOf(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
