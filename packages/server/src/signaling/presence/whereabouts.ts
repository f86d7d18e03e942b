import { type ChannelId, type ChannelKey, idOf, isSubscribable } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { ChannelKey as SubscribedKey } from '../names/channel-key.ts';

/** The channels that each user is in: an index over the records, because the log knows the members of channels only. */
export class Whereabouts {
  /** Channels by their id, for each app and uid. Most users are in one or two. */
  readonly #places = new Map<string, Map<ChannelId, ChannelKey>>();
  readonly #log: Pick<Channels, 'channel' | 'channels' | 'everyChannel'>;

  constructor(log: Pick<Channels, 'channel' | 'channels' | 'everyChannel'>, apps: Iterable<string>) {
    this.#log = log;
    for (const app of apps) this.learn(app);
    for (const channel of log.everyChannel()) {
      if (channel.sid === undefined || !isSubscribable(channel.key)) continue;
      for (const { uid } of channel.roster) this.#add(uid, channel.key);
    }
  }

  /** Takes in who is in the app's live channels by now. */
  learn(app: string): void {
    for (const { key, roster } of this.#log.channels(app)) for (const { uid } of roster) this.#add(uid, key);
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'channel') return;
    const { key, change } = record;
    // The channel's own key, which all of its members share: the record's is one more for each.
    if (change.type === 'member-joined') this.#add(change.uid, this.#log.channel(key)?.key ?? key);
    else if (change.type === 'member-left') this.#delete(change.uid, key);
  }

  /** The channels that this member is in, in no order. */
  *of(app: string, uid: number): IterableIterator<ChannelKey> {
    yield* this.#places.get(nameOf(app, uid))?.values() ?? [];
  }

  /** The signaling channels in which this member is, in no order. */
  *subscriptions(app: string, uid: number): IterableIterator<SubscribedKey> {
    for (const key of this.of(app, uid)) if (isSubscribable(key)) yield key;
  }

  #add(uid: number, key: ChannelKey): void {
    const name = nameOf(key.app, uid);
    const places = this.#places.get(name);
    if (places) places.set(idOf(key), key);
    else this.#places.set(name, new Map([[idOf(key), key]]));
  }

  #delete(uid: number, key: ChannelKey): void {
    const name = nameOf(key.app, uid);
    const places = this.#places.get(name);
    places?.delete(idOf(key));
    if (places?.size === 0) this.#places.delete(name);
  }
}

const nameOf = (app: string, uid: number): string => `${app}/${uid}`;
