import type { TokenGrant } from './verify.ts';

/** End of the token's publish privilege, epoch milliseconds, the later one of audio and video; 0: it has none. */
export const publishEndsMsOf = ({ privileges }: Pick<TokenGrant, 'privileges'>): number =>
  Math.max(privileges.get('publishAudio') ?? 0, privileges.get('publishVideo') ?? 0);
