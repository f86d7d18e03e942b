import type { MemberLeft } from './events.ts';

/** When and how a member left, whoever it was. */
type LeftAt = Pick<
  MemberLeft,
  'joinedMs' | 'atMs' | 'evidence' | 'noticedMs' | 'lastHeardMs' | 'silentSinceMs'
>;

/**
 * When a member who left was there last, epoch milliseconds: the goodbye, or being put out, of somebody who was there; the
 * beginning of the silence of somebody who was not. A silence begins with the closing of the connection if that was heard,
 * else when the member was last heard. Lies between the join and the leave, which comes later by as long as was waited.
 */
export function presenceEndMs(left: LeftAt): number {
  return Math.max(left.joinedMs, Math.min(left.atMs, endOf(left)));
}

/** A record of before does not name it where evidence and times say it. */
function endOf({ silentSinceMs, evidence, atMs, noticedMs, lastHeardMs }: LeftAt): number {
  if (silentSinceMs !== undefined) return silentSinceMs;
  switch (evidence) {
    case 'bye':
    case 'media-closed':
      return atMs;
    case 'socket-closed':
      return noticedMs;
    case 'silence':
    case 'media-silence':
    case 'server-crash':
    case 'kick':
    case 'new-device':
    case 'token-end':
      // A member who was not silent was last heard when it was put out.
      return lastHeardMs;
  }
}
