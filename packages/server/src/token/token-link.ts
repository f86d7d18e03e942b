import type { EdgeApp } from './edge-app.ts';
import { namesOne, type TokenGrant } from './verify.ts';

/** What a join records of who its token says the member is over signaling. */
export interface TokenLink {
  /** The user whom the token names beside the member. */
  readonly userId?: string;
  /** The token names nobody, so an account, or uid, that equals a user id proves nothing. */
  readonly unproven?: true;
}

/** What the token says, where the app links members to users; where it has no certificate nothing is proven, and nothing doubted. */
export function tokenLink(
  { linkIdentities, certificate }: Pick<EdgeApp, 'linkIdentities' | 'certificate'>,
  { userId, tokenUid }: Pick<TokenGrant, 'userId' | 'tokenUid'>,
): TokenLink {
  if (!linkIdentities || certificate === undefined) return {};
  if (userId !== undefined) return { userId };
  return namesOne(tokenUid) ? {} : { unproven: true };
}
