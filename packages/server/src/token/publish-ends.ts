import type { TokenGrant } from './verify.ts';

/** Until when the token has a publish privilege, epoch milliseconds; 0: it has none. */
export const publishEndsMsOf = ({ privileges }: Pick<TokenGrant, 'privileges'>): number =>
  Math.max(privileges.get('publishAudio') ?? 0, privileges.get('publishVideo') ?? 0);
