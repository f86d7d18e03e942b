import type { Code, RuleScope } from '@housecount/protocol';
import { ConnectionDisconnectedReason } from '../enums.ts';
import type { LinkEnd } from '../link/link-end.ts';

const reasons: Partial<Record<Code, ConnectionDisconnectedReason>> = {
  left: ConnectionDisconnectedReason.LEAVE,
  replaced: ConnectionDisconnectedReason.UID_CONFLICT,
  token_expired: ConnectionDisconnectedReason.TOKEN_EXPIRE,
};

const bans: Record<RuleScope, ConnectionDisconnectedReason> = {
  uid: ConnectionDisconnectedReason.UID_BANNED,
  ip: ConnectionDisconnectedReason.IP_BANNED,
  channel: ConnectionDisconnectedReason.CHANNEL_BANNED,
};

/** Why a client is disconnected, in the words apps know. Without a code it was the network. */
export function disconnectedReason({ code, scope }: LinkEnd): ConnectionDisconnectedReason {
  if (code === undefined) return ConnectionDisconnectedReason.NETWORK_ERROR;
  if (code === 'kicked' || code === 'banned')
    return bans[scope ?? 'uid'] ?? ConnectionDisconnectedReason.UID_BANNED;
  return reasons[code] ?? ConnectionDisconnectedReason.SERVER_ERROR;
}
