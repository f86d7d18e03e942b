import type { Identities } from '../../log/contract/identities.ts';
import { spelledUid } from '../../log/decide/account-uids.ts';

type Accounts = Pick<Identities, 'uidOf'>;

/**
 * The identity of a user id in the log: the uid that it spells (1 to 4294967295, without leading zeros), unless that uid is somebody else's; then the
 * account of exactly that text has, or will have, another uid. Every other user id is an account.
 */
export function identityOf(
  log: Accounts,
  app: string,
  userId: string,
): { readonly uid: number } | { readonly account: string } {
  const uid = spelledUid(userId);
  return uid === undefined || log.uidOf(app, userId) !== uid ? { account: userId } : { uid };
}

/** The uid of a user id, whether the app ever saw it or not; undefined if it has none of its own yet. */
export function uidOf(log: Accounts, app: string, userId: string): number | undefined {
  return log.uidOf(app, userId);
}
