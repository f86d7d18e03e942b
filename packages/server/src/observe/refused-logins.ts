import { type Code, codes } from '@housecount/protocol';
import type { Logger } from './contract.ts';

/** Somebody who was not let in. */
export interface RefusedLogin {
  readonly over: 'live' | 'signaling' | 'whip' | 'whep';
  readonly app: string;
  readonly channel?: string | undefined;
  /** As the client says: nobody has checked it. */
  readonly user?: string | number | undefined;
  readonly address: string;
  readonly code: Code;
}

export type OnRefusedLogin = (refused: RefusedLogin) => void;

/** Tells the operator who was not let in, and why. A server that is busy, or has nothing to play yet, refuses nobody. */
export function refusedLogins(logger: Pick<Logger, 'info'>): OnRefusedLogin {
  return (refused) => {
    const { http } = codes[refused.code];
    if (http === 401 || http === 403 || http === 429 || refused.code === 'invalid_app_id')
      logger.info('a login was refused', { ...refused });
  };
}
