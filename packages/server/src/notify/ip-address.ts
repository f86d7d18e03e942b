import { isIPv4, isIPv6 } from 'node:net';

/** An address as its bytes, 4 or 16 of them. Reads what resolvers and URLs give; a zone (`%eth0`) is dropped. */
export function parseIp(text: string): Uint8Array | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const [address = ''] = bare.split('%');
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (isIPv6(address)) return parseIpv6(address);
  return undefined;
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
