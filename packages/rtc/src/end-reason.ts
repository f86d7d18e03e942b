import type { Code } from '@housecount/protocol';
import type { ConnectionDisconnectedReason } from './enums.ts';

const reasons: Partial<Record<Code, ConnectionDisconnectedReason>> = {
  left: 'LEAVE',
  replaced: 'UID_CONFLICT',
  kicked: 'UID_BANNED',
  banned: 'UID_BANNED',
  token_expired: 'TOKEN_EXPIRE',
};

/** Why a client is disconnected, in the words apps know. Without a code it was the network. */
export function disconnectedReason(code: Code | undefined): ConnectionDisconnectedReason {
  if (code === undefined) return 'NETWORK_ERROR';
  return reasons[code] ?? 'SERVER_ERROR';
}
