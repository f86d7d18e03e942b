import { flag, id, lockName, place, type SignalingFrameChecks, seconds, userId } from './checks.ts';

const lock = { id, ...place, lockName };

/** The frames of locks. */
export const lockFrames: SignalingFrameChecks = {
  'set-lock': { ...lock, ttl: seconds },
  'remove-lock': lock,
  'acquire-lock': { ...lock, retry: flag },
  'release-lock': lock,
  'revoke-lock': { ...lock, owner: userId },
  'get-locks': { id, ...place },
};
