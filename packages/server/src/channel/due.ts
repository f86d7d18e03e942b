import type { Channel } from './channel.ts';
import { dueLocks } from './parts/locks.ts';

/**
 * When the channel needs its next `tick`: the earliest end of a lease, a token or a lock, epoch milliseconds; undefined if
 * nothing is running out. May be in the past: then a tick is due at once. O(1) in the members, however many.
 */
export function due(channel: Channel): number | undefined {
  const membersMs = channel.sid === undefined ? Number.POSITIVE_INFINITY : channel.roster.endsMs;
  const firstMs = Math.min(membersMs, dueLocks(channel.locks) ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(firstMs) ? firstMs : undefined;
}
