import { isSignalingName } from '@housecount/protocol';
import { type Member, userIdOf } from '../../channel/membership/member.ts';
import type { Roster } from '../../channel/membership/roster.ts';
import type { LiveLink } from './person.ts';

type Named = Pick<Member, 'account' | 'userId' | 'linkAwaited'>;

/** A member that nobody is told of: its link is awaited, or its account is no user id. */
interface Hidden {
  readonly link: LiveLink;
  readonly account: string | undefined;
  readonly isAwaited: boolean;
}

/** What becomes of a member when it is known who it is: the name that it is shown under from now on, and the one before, if it was shown. */
interface Renamed {
  readonly link: LiveLink | undefined;
  readonly from: string | undefined;
  readonly to: string;
}

/** The user ids under which the members of one live channel are shown, and those members that are not. */
export class LiveNames {
  /** Names by uid, of those who are shown under another than their uid. */
  readonly #names = new Map<number, string>();
  readonly #hidden = new Map<number, Hidden>();

  /** The name under which a member is shown that just joined; undefined: it is not. */
  joined(member: Named, link: LiveLink): string | undefined {
    const { account, userId, linkAwaited = false } = member;
    const { uid } = link;
    this.left(uid);
    if (isHidden(member)) {
      this.#hidden.set(uid, { link, account, isAwaited: linkAwaited });
      return undefined;
    }
    return this.#shownAs(uid, userId ?? account);
  }

  /** The name under which the member is shown; undefined: it is not. */
  of(uid: number): string | undefined {
    return this.#hidden.has(uid) ? undefined : (this.#names.get(uid) ?? String(uid));
  }

  /** A change of a member that is not shown. */
  hides(uid: number, change: (link: LiveLink) => LiveLink): void {
    const hidden = this.#hidden.get(uid);
    if (hidden) this.#hidden.set(uid, { ...hidden, link: change(hidden.link) });
  }

  /** It is known that the member is this user, or (undefined) itself alone. Returns what that changes; undefined: nothing. */
  known(uid: number, userId: string | undefined): Renamed | undefined {
    const hidden = this.#hidden.get(uid);
    const from = this.of(uid);
    if (userId !== undefined) {
      this.#hidden.delete(uid);
      return { link: hidden?.link, from, to: this.#shownAs(uid, userId) };
    }
    if (!hidden?.isAwaited) return undefined;
    const { link, account } = hidden;
    if (!isUserId(account)) {
      this.#hidden.set(uid, { ...hidden, isAwaited: false });
      return undefined;
    }
    this.#hidden.delete(uid);
    return { link, from: undefined, to: this.#shownAs(uid, account) };
  }

  left(uid: number): void {
    this.#names.delete(uid);
    this.#hidden.delete(uid);
  }

  #shownAs(uid: number, name: string | undefined): string {
    const own = String(uid);
    if (name === undefined || name === own) this.#names.delete(uid);
    else this.#names.set(uid, name);
    return name ?? own;
  }
}

/**
 * The members of a live channel that are shown as this user, in order of arrival; also one whose account is no user id, for the backend, which alone
 * can ask by it. `uid`: that of the user, if it has one.
 */
export function membersShownAs(roster: Roster, userId: string, uid: number | undefined): readonly LiveLink[] {
  // Who is linked is proven to be the user, whatever proves the member's own name.
  const linked: readonly LiveLink[] = roster.linkedTo(userId).map(({ unproven: _, ...member }) => member);
  const own = uid === undefined ? undefined : roster.get(uid);
  if (!own || own.userId !== undefined || own.linkAwaited || userIdOf(own) !== userId) return linked;
  return [...linked, own].toSorted((one, other) => one.joinedSeq - other.joinedSeq);
}

/** Is nobody told of the member: its link is awaited, or its account is no user id? */
const isHidden = ({ account, userId, linkAwaited }: Named): boolean =>
  userId === undefined && (linkAwaited === true || !isUserId(account));

/** False for an account that signaling refuses as a user id. */
const isUserId = (account: string | undefined): boolean => account === undefined || isSignalingName(account);
