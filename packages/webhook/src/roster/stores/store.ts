import { type ChannelState, isIdle } from '../channel-state.ts';
import { RosterError } from '../roster-error.ts';

/**
 * The store of a Roster's channels. Several processes may share one: `save` is the only point where they meet, and it must
 * be atomic. What it stores is one value per channel, written anew at each save.
 */
export interface RosterStore {
  /** The value saved last, as the object itself or as its JSON text, with its version; undefined if there is none. */
  load(key: string): Awaitable<StoredChannel | undefined>;
  /** Saves only if the stored version is still `version`, 0 for none, and then raises it by one. False: it is another, nothing was saved. */
  save(key: string, value: ChannelState, version: number): Awaitable<boolean>;
}
export interface StoredChannel {
  readonly value: ChannelState | string;
  readonly version: number;
}
type Awaitable<T> = T | Promise<T>;

/**
 * Keeps channels in this process, at most `channelsMax`. At the limit the channel that has been empty longest is forgotten;
 * if all have members, saving a new one throws RosterError `store_full`.
 */
export function memoryStore({ channelsMax = 100_000 }: { readonly channelsMax?: number } = {}): RosterStore {
  const stored = new Map<string, { readonly value: ChannelState; readonly version: number }>();
  const idle = new Set<string>();
  return {
    load: (key) => stored.get(key),
    save(key, value, version) {
      const before = stored.get(key);
      if ((before?.version ?? 0) !== version) return false;
      if (!before && stored.size >= channelsMax) {
        const [oldest] = idle;
        if (oldest === undefined)
          throw new RosterError('store_full', `The memory store holds at most ${channelsMax} open channels.`);
        idle.delete(oldest);
        stored.delete(oldest);
      }
      stored.set(key, { value, version: version + 1 });
      idle.delete(key);
      if (isIdle(value)) idle.add(key);
      return true;
    },
  };
}
