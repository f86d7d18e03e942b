import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import type { Member, Link as MemberLink } from '../../channel/membership/member.ts';
import type { LiveLink, Person } from './person.ts';

/** As much of a mark as a link takes of it. */
export type LinkMark =
  | { readonly type: 'link-live' }
  | { readonly type: 'link-silent'; readonly lastHeardMs: number };

/** The link that a member of the live channel is to whoever it is shown as. `link`: how its connection is; absent: it has just come. */
export function liveLinkOf(
  { uid, role, userId, unproven }: Pick<Member, 'uid' | 'role' | 'userId' | 'unproven'>,
  { joinedMs, joinedSeq, link }: Pick<Member, 'joinedMs' | 'joinedSeq'> & { readonly link?: MemberLink },
): LiveLink {
  return {
    uid,
    role,
    joinedMs,
    joinedSeq,
    // Shown under the id of a user that it is linked to it is proven to be them.
    ...(userId === undefined && unproven && { unproven }),
    ...silence(link),
  };
}

/** The silence of a connection, as the links of a person have it: only while there is one that is told. */
export function silence(link: MemberLink | undefined): { readonly silentSinceMs?: number } {
  const sinceMs = link && interruptedSinceMs(link);
  return sinceMs === undefined ? {} : { silentSinceMs: sinceMs };
}

/** A link after a mark: it went silent, or is heard again. */
export function heard<Link extends { readonly silentSinceMs?: number }>(link: Link, mark: LinkMark): Link {
  const { silentSinceMs: _, ...rest } = link;
  return (mark.type === 'link-silent' ? { ...rest, silentSinceMs: mark.lastHeardMs } : rest) as Link;
}

export const without = <Link extends { readonly uid: number }>(links: readonly Link[], uid: number): Link[] =>
  links.filter((link) => link.uid !== uid);

export const changed = <Link extends { readonly uid: number }>(
  links: readonly Link[],
  uid: number,
  change: (link: Link) => Link,
): Link[] => links.map((link) => (link.uid === uid ? change(link) : link));

/** A person with this link to the live channel, in its place by arrival. */
export const withLive = (link: LiveLink) => (person: Person) => {
  const others = without(person.live, link.uid);
  if (others.length === 0) return { ...person, live: [link] };
  const at = others.findLastIndex(({ joinedSeq }) => joinedSeq < link.joinedSeq) + 1;
  return { ...person, live: others.toSpliced(at, 0, link) };
};

export const withoutLive = (uid: number) => (person: Person) => ({
  ...person,
  live: without(person.live, uid),
});
