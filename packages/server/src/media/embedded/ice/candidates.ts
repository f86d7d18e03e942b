/** The lines by which an answer says where clients may come (RFC 8839 section 5.1). */

export const addressOf = (candidate: string): string => candidate.split(' ')[4] ?? '';

/** Type preferences (RFC 8445 section 5.1.2.2): a host candidate has 126 at most, and the ways are tried from the highest on. */
const preferences = { first: 126, second: 110, third: 90 } as const;

/** The same candidates with another rank; those of one machine keep their order among themselves. */
export const ranked = (candidates: readonly string[], rank: keyof typeof preferences): string[] =>
  candidates.map((candidate) => {
    const parts = candidate.split(' ');
    const below = Number(parts[3]) % 2 ** 24;
    parts[3] = String(preferences[rank] * 2 ** 24 + below);
    return parts.join(' ');
  });

/** The same candidates at another port; those of a family that has none there are left out. */
export const at = (
  candidates: readonly string[],
  portFor: (address: string) => number | undefined,
): string[] =>
  candidates.flatMap((candidate) => {
    const parts = candidate.split(' ');
    const port = portFor(addressOf(candidate));
    if (port === undefined) return [];
    parts[5] = String(port);
    return [parts.join(' ')];
  });

/** The same candidates over TCP, to which clients connect (RFC 6544 section 4.5). Their foundation is another one. */
export const passive = (candidates: readonly string[]): string[] =>
  candidates.map((candidate) => {
    const parts = candidate.split(' ');
    parts[0] = parts[0]?.replace('candidate:', 'candidate:t') ?? '';
    parts[2] = 'tcp';
    return `${parts.slice(0, 8).join(' ')} tcptype passive`;
  });
