import { idOf } from '../../channel/channel.ts';
import type { ChannelKey } from '../names/channel-key.ts';

/** The locks that one session waits for, by name with their channel's, each with what ends the wait. */
export class LockWaits {
  readonly #waits = new Map<string, AbortController>();

  get size(): number {
    return this.#waits.size;
  }

  has(lock: string): boolean {
    return this.#waits.has(lock);
  }

  locks(): Iterable<string> {
    return this.#waits.keys();
  }

  /** A wait begins, in place of one for the same: it is over when the signal aborts, or `end` is called. */
  begin(lock: string): AbortSignal {
    this.end(lock);
    const wait = new AbortController();
    this.#waits.set(lock, wait);
    return wait.signal;
  }

  end(lock: string): void {
    const wait = this.#waits.get(lock);
    this.#waits.delete(lock);
    wait?.abort();
  }

  /** Ends the waits for all locks of a channel, or all there are. */
  endAll(key?: ChannelKey): void {
    const channel = key && `${idOf(key)}/`;
    for (const lock of [...this.#waits.keys()])
      if (channel === undefined || lock.startsWith(channel)) this.end(lock);
  }
}
