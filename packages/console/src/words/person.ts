/** Parts the name that people see from the suffix that keeps two of the same name apart: `Ann~k3v9`. */
const separator = '~';
/** Suffix characters: no two of them look alike. */
const suffixAlphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const suffixLength = 5;
/** Characters of a name that is shown; longer ones are cut. Chosen: fits a phone's row. */
export const nameCharactersMax = 32;

/**
 * The part of `input` that an account may hold: accents are dropped ("Zoë" gives "Zoe"), other foreign characters too.
 * Empty if nothing is left.
 */
export function legalName(input: string): string {
  return input
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|,]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, nameCharactersMax)
    .trim();
}

/** An account for a name: two people of one name get different ones (1 in 28 million chance that they do not). */
export function accountFor(name: string): string {
  let suffix = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(suffixLength)))
    suffix += suffixAlphabet[byte % suffixAlphabet.length];
  return `${legalName(name) || 'Guest'}${separator}${suffix}`;
}

/** The name to show for a member: its account (or string uid) without the suffix, else its uid; nobody's, for logins without names. */
export function nameOf(member: {
  readonly uid?: number | string | undefined;
  readonly account?: string | undefined;
}): string {
  const account = member.account ?? (typeof member.uid === 'string' ? member.uid : undefined);
  if (account === undefined) return member.uid === undefined ? 'somebody' : `uid ${member.uid}`;
  const end = account.lastIndexOf(separator);
  return end > 0 ? account.slice(0, end) : account;
}
