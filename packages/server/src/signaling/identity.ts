import { spelledUid } from '../log/accounts.ts';
import type { Log } from '../log/contract.ts';

type Accounts = Pick<Log, 'uidOf'>;

/**
 * Who a user id is to the log: the uid that it spells (1 to 4294967295, without leading zeros), unless the app has an
 * account of exactly that text; every other user id is an account.
 */
export function identityOf(
  log: Accounts,
  app: string,
  userId: string,
): { readonly uid: number } | { readonly account: string } {
  const uid = spelledUid(userId);
  return uid === undefined || log.uidOf(app, userId) !== undefined ? { account: userId } : { uid };
}

/** The uid of a user id; undefined if the app never saw such an account. */
export function uidOf(log: Accounts, app: string, userId: string): number | undefined {
  return log.uidOf(app, userId) ?? spelledUid(userId);
}

/** The user id of a member, however it came. */
export function userIdOf({ uid, account }: { readonly uid: number; readonly account?: string }): string {
  return account ?? String(uid);
}
