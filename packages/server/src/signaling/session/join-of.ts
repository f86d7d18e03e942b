import type { JoinRequest } from '../../log/contract/commands.ts';
import type { Session } from './session.ts';

/** A session, or one that shall begin. */
export interface Joining extends Pick<Session, 'identity' | 'id' | 'leaseMs' | 'address' | 'attempt'> {
  readonly insteadOf?: string | undefined;
}

/** What the log is asked to make a session a member of a channel, by a token that ends then, epoch milliseconds; undefined: never. */
export const joinOf = (
  { identity, id: connectionId, leaseMs, address: ip, insteadOf, attempt }: Joining,
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
  // For whom it is is a matter of the session itself.
  ...(key.kind === 'user' && { attempt, ...(insteadOf !== undefined && { insteadOf }) }),
  ip,
});
