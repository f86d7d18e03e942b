import type { Link } from '../../channel/membership/member.ts';

/** A link by the roster that it is in, and the uid of its member there. */
export interface UntoldLink {
  readonly roster: 'live' | 'signaling';
  readonly uid: number;
  readonly lastHeardMs: number;
}

/** The links that a restart broke, that are not back, and that nobody is told of yet. */
export class UntoldLinks {
  readonly #heardMs = { live: new Map<number, number>(), signaling: new Map<number, number>() };

  note(roster: UntoldLink['roster'], uid: number, link: Link): void {
    if (link.state === 'silent' && link.untold) this.#heardMs[roster].set(uid, link.lastHeardMs);
  }

  /** It is gone, or heard again, or known as silent by itself. */
  forget(roster: UntoldLink['roster'], uid: number): void {
    this.#heardMs[roster].delete(uid);
  }

  /** Takes out `most` of them at most. */
  take(most: number): readonly UntoldLink[] {
    const taken: UntoldLink[] = [];
    for (const roster of ['live', 'signaling'] as const)
      for (const [uid, lastHeardMs] of this.#heardMs[roster]) {
        if (taken.length >= most) return taken;
        this.#heardMs[roster].delete(uid);
        taken.push({ roster, uid, lastHeardMs });
      }
    return taken;
  }
}
