/**
 * Fields of answers that say who somebody was, or carry text that does: identities and addresses, the bytes of notices and
 * what receivers answered to them, and states, which apps put names into.
 */
const hidden: ReadonlySet<string> = new Set([
  'uid',
  'lastUid',
  'account',
  'userId',
  'publisher',
  'author',
  'owner',
  'ip',
  'states',
  'body',
  'headers',
  'exchange',
  'excerpt',
  'answer',
  'error',
]);

/** An answer for a customer without names: the same, without the fields that say who it was. */
export function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !hidden.has(key))
      .map(([key, field]) => [key, withoutNames(field)]),
  );
}
