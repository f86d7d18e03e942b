import { isReservedHeader } from '@housecount/schema';

/** The headers of one request: those added, but for reserved ones, then Housecount's. */
export function withAdded(
  added: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const given = Object.entries(added);
  if (given.length === 0) return own;
  const entries = given.filter(([name]) => !isReservedHeader(name));
  return { ...Object.fromEntries(entries), ...own };
}
