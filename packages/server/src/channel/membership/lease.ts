import type { Member } from './member.ts';

type Ending = Pick<Member, 'link' | 'tokenEndsMs'>;

/** When the membership ends if nothing more is heard, epoch milliseconds: the end of its lease or of its token; Infinity if neither runs. */
export function endsMs(member: Ending): number {
  return Math.min(leaseEndsMs(member), member.tokenEndsMs ?? Number.POSITIVE_INFINITY);
}

/** The one of the two that ends first; the lease if they end together. */
export function endsBy(member: Ending): 'lease' | 'token' {
  return leaseEndsMs(member) <= (member.tokenEndsMs ?? Number.POSITIVE_INFINITY) ? 'lease' : 'token';
}

/** Since when others are told that nothing is heard of it, epoch milliseconds; undefined: they are told nothing of the kind. */
export const interruptedSinceMs = (link: Member['link']): number | undefined =>
  link.state === 'silent' && !link.untold ? link.lastHeardMs : undefined;

function leaseEndsMs({ link }: Ending): number {
  return link.state === 'silent' ? link.leaseEndsMs : Number.POSITIVE_INFINITY;
}
