import type { Code, RuleScope } from '@housecount/protocol';
import type { ConnectionDisconnectedReason } from '../enums.ts';
import type { LinkEnd } from '../link/link-end.ts';

const reasons: Partial<Record<Code, ConnectionDisconnectedReason>> = {
  left: 'LEAVE',
  replaced: 'UID_CONFLICT',
  token_expired: 'TOKEN_EXPIRE',
};

const bans: Record<RuleScope, ConnectionDisconnectedReason> = {
  uid: 'UID_BANNED',
  ip: 'IP_BANNED',
  channel: 'CHANNEL_BANNED',
};

/** Why a client is disconnected, in the words apps know. Without a code it was the network. */
export function disconnectedReason({ code, scope }: LinkEnd): ConnectionDisconnectedReason {
  if (code === undefined) return 'NETWORK_ERROR';
  if (code === 'kicked' || code === 'banned') return bans[scope ?? 'uid'] ?? 'UID_BANNED';
  return reasons[code] ?? 'SERVER_ERROR';
}
