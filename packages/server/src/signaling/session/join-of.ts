import type { JoinRequest } from '../../log/contract/commands.ts';
import type { Session } from './session.ts';

/** What the log is asked to make a session a member of a channel, by a token that ends then, epoch milliseconds; undefined: never. */
export const joinOf = (
  { identity, id: connectionId, leaseMs, address: ip }: Session,
  key: JoinRequest['key'],
  tokenEndsMs: number | undefined,
): JoinRequest => ({
  key,
  identity,
  connectionId,
  connectionKind: 'signaling',
  role: 'audience',
  platform: 0,
  leaseMs,
  ...(tokenEndsMs !== undefined && { tokenEndsMs }),
  ip,
});
