import { type ChannelId, idOf } from '../../channel/channel.ts';
import type { ChannelKey } from '../names/channel-key.ts';

interface Wait {
  readonly channel: ChannelId;
  readonly over: AbortController;
}

/** The locks that one session waits for, by their ids, each with what ends the wait. */
export class LockWaits {
  readonly #waits = new Map<string, Wait>();

  get size(): number {
    return this.#waits.size;
  }

  has(lock: string): boolean {
    return this.#waits.has(lock);
  }

  locks(): Iterable<string> {
    return this.#waits.keys();
  }

  /** A wait for a lock of a channel begins, in place of one for the same: it is over when the signal aborts, or `end` is called. */
  begin(lock: string, key: ChannelKey): AbortSignal {
    this.end(lock);
    const over = new AbortController();
    this.#waits.set(lock, { channel: idOf(key), over });
    return over.signal;
  }

  end(lock: string): void {
    const wait = this.#waits.get(lock);
    this.#waits.delete(lock);
    wait?.over.abort();
  }

  /** Ends the waits for all locks of a channel, or all there are. */
  endAll(key?: ChannelKey): void {
    const id = key && idOf(key);
    for (const [lock, { channel }] of [...this.#waits])
      if (id === undefined || channel === id) this.end(lock);
  }
}
