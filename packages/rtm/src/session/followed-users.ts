import { askPatiently } from '../link/asking.ts';
import { type FailureCodes, isLost, isRefusal, requestError } from '../link/request-error.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import type { Log } from '../settings/log.ts';

export const storageCodes: FailureCodes = {
  lost: 'STORAGE_OPERATION_FAILED',
  timeout: 'STORAGE_OPERATION_TIMEOUT',
};

/** The users whose metadata is followed, kept over every loss of the connection until logout. */
export class FollowedUsers {
  readonly #link: SignalingLink;
  readonly #log: Log;
  readonly #wanted = new Set<string>();
  /** Users whose metadata the server may still send, although the app does not want it. */
  readonly #unwanted = new Set<string>();

  constructor(link: SignalingLink, log: Log) {
    this.#link = link;
    this.#log = log;
  }

  /** True when the app wants the metadata of the user: frames about it are passed on. */
  has(userId: string): boolean {
    return this.#wanted.has(userId);
  }

  /** Resolves with the server's time, epoch milliseconds. */
  async follow(userId: string): Promise<number> {
    const isNew = !this.#wanted.has(userId);
    // Before the answer: the snapshot comes with it.
    this.#wanted.add(userId);
    this.#unwanted.delete(userId);
    try {
      return (await this.#link.request({ type: 'subscribe-user-metadata', userId })).serverMs;
    } catch (error) {
      if (isNew) this.#wanted.delete(userId);
      // Without an answer the server may have done it.
      if (isNew && !isRefusal(error)) this.#unwanted.add(userId);
      throw requestError('subscribeUserMetadata', error, storageCodes);
    }
  }

  /** Resolves with the server's time, or 0 if it hears of it later. */
  async unfollow(userId: string): Promise<number> {
    this.#wanted.delete(userId);
    this.#unwanted.add(userId);
    if (this.#link.state !== 'CONNECTED') return 0;
    try {
      return await this.#forget(userId);
    } catch (error) {
      if (isLost(error)) return 0;
      throw requestError('unsubscribeUserMetadata', error, storageCodes);
    }
  }

  /** Brings a session to what is wanted of it. */
  async restore(resumed: boolean): Promise<void> {
    const anew = resumed ? [] : [...this.#wanted];
    await Promise.all([
      ...[...this.#unwanted].map((userId) => this.#quietly(userId, this.#forget(userId))),
      ...anew.map((userId) =>
        this.#quietly(userId, askPatiently(this.#link, { type: 'subscribe-user-metadata', userId })),
      ),
    ]);
  }

  /** The session is over, and nothing of it is wanted. */
  clear(): void {
    this.#wanted.clear();
    this.#unwanted.clear();
  }

  async #forget(userId: string): Promise<number> {
    const { serverMs } = await askPatiently(this.#link, { type: 'unsubscribe-user-metadata', userId });
    if (!this.#wanted.has(userId)) this.#unwanted.delete(userId);
    return serverMs;
  }

  async #quietly(userId: string, done: Promise<unknown>): Promise<void> {
    try {
      await done;
    } catch (error) {
      // Lost again: the next connection restores it.
      if (!isLost(error)) this.#log.warn(`the metadata of ${userId} could not be followed again`, error);
    }
  }
}
