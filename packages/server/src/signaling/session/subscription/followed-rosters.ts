import { idOf } from '../../../channel/channel.ts';
import type { RosterHold } from '../../../rosters/roster-stream.ts';
import type { ChannelKey } from '../../names/channel-key.ts';

/** Rosters that one connection follows: of each channel all of it, views of it, or several of these. */
export class FollowedRosters {
  readonly #streams = new Map<string, { readonly key: ChannelKey; readonly stream: RosterHold }>();

  get size(): number {
    return this.#streams.size;
  }

  has(key: ChannelKey, view: string): boolean {
    return this.#streams.has(nameOf(key, view));
  }

  /** The channels of which something is followed, each as often as it is. */
  *channels(): IterableIterator<ChannelKey> {
    for (const { key } of this.#streams.values()) yield key;
  }

  /** Keeps a stream that `begin` begins, once one of the same is over. */
  follow(key: ChannelKey, view: string, begin: () => RosterHold): void {
    this.leave(key, view);
    this.#streams.set(nameOf(key, view), { key, stream: begin() });
  }

  leave(key: ChannelKey, view: string): void {
    const name = nameOf(key, view);
    this.#streams.get(name)?.stream.stop();
    this.#streams.delete(name);
  }

  /** The reader took some of what was sent. */
  drained(): void {
    for (const { stream } of this.#streams.values()) stream.drained();
  }

  /** Ends what is followed of one channel, or of all. True if there was something. */
  end(key?: ChannelKey): boolean {
    const ended = [...this.#streams].filter(([, one]) => key === undefined || idOf(one.key) === idOf(key));
    for (const [name, { stream }] of ended) {
      stream.stop();
      this.#streams.delete(name);
    }
    return ended.length > 0;
  }
}

const nameOf = (key: ChannelKey, view: string): string => `${view}/${idOf(key)}`;
