import { homeOf } from '../../names/home.ts';
import { followStorage, type StorageNeeds } from './follow-storage.ts';
import type { Telling } from './telling.ts';

/** Users whose metadata one session follows. While it has a socket, that is told. */
export class FollowedUsers {
  readonly #app: string;
  readonly #needs: StorageNeeds;
  /** Each with the end of it where there is a socket. */
  readonly #users = new Map<string, () => void>();
  readonly #telling: Telling;

  constructor(app: string, telling: Telling, needs: StorageNeeds) {
    this.#telling = telling;
    this.#app = app;
    this.#needs = needs;
  }

  get size(): number {
    return this.#users.size;
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** The list is a copy: users may be followed and left while somebody goes through it. */
  ids(): readonly string[] {
    return [...this.#users.keys()];
  }

  /** Tells a user's metadata and its changes, from now on. */
  follow(userId: string): void {
    this.unfollow(userId);
    this.#users.set(userId, nothing);
    this.#begin(userId);
  }

  unfollow(userId: string): void {
    this.#users.get(userId)?.();
    this.#users.delete(userId);
  }

  /** Begins to tell the socket. */
  start(): void {
    for (const userId of this.ids()) this.#begin(userId);
  }

  /** Nothing is told any more; who is followed stays so. */
  stop(): void {
    for (const [userId, stop] of this.#users) {
      stop();
      this.#users.set(userId, nothing);
    }
  }

  /** Forgets them all. */
  end(): void {
    for (const userId of this.ids()) this.unfollow(userId);
  }

  #begin(userId: string): void {
    const { socket } = this.#telling;
    if (!socket) return;
    this.#users.get(userId)?.();
    const key = homeOf(this.#app, userId);
    this.#users.set(userId, this.#telling.begin(followStorage(this.#needs, socket, key)));
  }
}

const nothing = (): void => {};
