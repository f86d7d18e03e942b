/** Housecount itself sets these headers: signatures prove nothing without the secret. Any other may be a receiver's credential. */
const shown = /^(content-type|agora-signature(-v2)?|webhook-(id|timestamp|signature)|housecount-signature)$/i;
const hidden = '(not kept)';

/** The headers of a request as they may be kept and shown: the values of an endpoint's own headers are left out. */
export function keptHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, shown.test(name) ? value : hidden]),
  );
}
