import type { SignalingStates } from '@housecount/protocol';

/** A leave that may yet be taken back. */
export interface HeldLeave {
  readonly type: 'leave' | 'timeout';
  readonly userId: string;
  readonly states: SignalingStates;
  /** Uids of the members of the live channel that they were. */
  readonly members: readonly number[];
  readonly dueMs: number;
  /** Its place in the order of snapshots and leaves. */
  readonly since: number;
}

/** Leaves that are held back, by user, oldest first. */
export class HeldLeaves {
  readonly #held = new Map<string, HeldLeave>();
  /** Users by the uids of the members that they were. */
  readonly #byUid = new Map<number, string>();

  get size(): number {
    return this.#held.size;
  }

  get oldest(): HeldLeave | undefined {
    const [oldest] = this.#held.values();
    return oldest;
  }

  add(held: HeldLeave): void {
    this.take(held.userId);
    this.#held.set(held.userId, held);
    for (const uid of held.members) this.#byUid.set(uid, held.userId);
  }

  /** The leave of this user, which is the caller's from now on. */
  take(userId: string): HeldLeave | undefined {
    const held = this.#held.get(userId);
    if (!held) return undefined;
    this.#held.delete(userId);
    for (const uid of held.members) if (this.#byUid.get(uid) === userId) this.#byUid.delete(uid);
    return held;
  }

  /** Those of other users, who were members that `userId` is now; the caller's from now on. */
  takeFormer(userId: string, members: readonly number[]): readonly HeldLeave[] {
    const former: HeldLeave[] = [];
    for (const uid of members) {
      const other = this.#byUid.get(uid);
      const held = other === undefined || other === userId ? undefined : this.take(other);
      if (held) former.push(held);
    }
    return former;
  }

  /** All of them, the caller's from now on. */
  takeAll(): readonly HeldLeave[] {
    const all = [...this.#held.values()];
    this.#held.clear();
    this.#byUid.clear();
    return all;
  }
}
