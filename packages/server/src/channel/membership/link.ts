import type { Channel } from '../channel.ts';
import type { Decision, PersonKnown } from '../decision.ts';
import { endsMs } from './lease.ts';
import { type Member, userIdOf } from './member.ts';

/**
 * The record of what a page says of its member: that it is `userId`, or (undefined) that it is nobody but itself, which says something only
 * while a link is awaited. None if nothing changes; a user whose id the member has by itself, proven, is no other than itself.
 */
export function linkedByPage(
  { key }: Channel,
  member: Member,
  userId: string | undefined,
  nowMs: number,
): readonly PersonKnown[] {
  const { uid } = member;
  const base = { type: 'person-known', app: key.app, channel: key.name, atMs: nowMs, uid } as const;
  const isItself = member.userId === undefined && !member.unproven && userId === userIdOf(member);
  if (userId === undefined || isItself) return member.linkAwaited ? [base] : [];
  return member.userId === userId && member.linkedByPage ? [] : [{ ...base, userId, byPage: true }];
}

/** The record of the user whom a member's new token names beside it; none if nothing changes, or its page has proved another. */
export function linkedByToken(
  { key }: Channel,
  { uid, userId: known, linkedByPage: isProved }: Member,
  userId: string | undefined,
  nowMs: number,
): readonly PersonKnown[] {
  if (userId === undefined || userId === known || isProved) return [];
  return [{ type: 'person-known', app: key.app, channel: key.name, atMs: nowMs, uid, userId }];
}

/**
 * The decision, unless it links one member more to a user than may be: then it is refused, whatever else it would change. Who is replaced, or has
 * ended and only waits for a later slice, takes nobody's place.
 */
export function withinLinks(
  decision: Decision,
  channel: Channel,
  nowMs: number,
  { linksMax }: { readonly linksMax: number },
): Decision {
  if ('refused' in decision || channel.sid === undefined) return decision;
  const { roster } = channel;
  for (const change of decision.changes) {
    if (change.type !== 'member-joined' && change.type !== 'person-known') continue;
    const { uid, userId } = change;
    if (userId === undefined || roster.get(uid)?.userId === userId) continue;
    const others = roster.linkedTo(userId).filter((member) => endsMs(member) > nowMs);
    if (others.length >= linksMax) return { refused: 'links_full' };
  }
  return decision;
}
