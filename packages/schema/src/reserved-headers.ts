/** Headers that frame a request or say who sends it: an endpoint cannot set them. Lower case. */
const reserved = new Set([
  'host',
  'user-agent',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);
const reservedPrefixes = ['agora-signature', 'content-', 'webhook-', 'housecount-', 'proxy-'];

/** True for a header that Housecount sets itself, or must not be set at all; in any case of letters. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return reserved.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix));
}
