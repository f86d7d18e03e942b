import { isSignalingName } from '@housecount/protocol';
import type { LiveLink } from './person.ts';

/** A member of the live channel as it joined. */
interface LiveMember {
  readonly uid: number;
  readonly account?: string;
  /** The user that it is linked to. */
  readonly userId?: string;
  readonly linkAwaited?: true;
}

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
  joined({ uid, account, userId, linkAwaited }: LiveMember, link: LiveLink): string | undefined {
    this.left(uid);
    if (userId === undefined && (linkAwaited || !isUserId(account))) {
      this.#hidden.set(uid, { link, account, isAwaited: linkAwaited === true });
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

/** False for an account that signaling refuses as a user id. */
const isUserId = (account: string | undefined): boolean => account === undefined || isSignalingName(account);
