import { type ChannelId, type ChannelKey, idOf, isSubscribable } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { ChannelKey as SubscribedKey } from '../names/channel-key.ts';
import { PersonLinks } from './person-links.ts';

/** The channels that each user is in: an index over the records, because the log knows the members of channels only. */
export class Whereabouts {
  /** Channels by their id, for each app and uid. Most users are in one or two. */
  readonly #places = new Map<string, Map<ChannelId, ChannelKey>>();
  readonly #links = new PersonLinks();
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
    for (const { key, roster } of this.#log.channels(app))
      for (const { uid, userId } of roster) {
        this.#add(uid, key);
        if (userId !== undefined) this.#links.are(key, uid, userId);
      }
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'channel' || record.key.kind === 'user') return;
    const { key, change } = record;
    if (change.type === 'member-left') this.#delete(change.uid, key);
    const isJoin = change.type === 'member-joined';
    if (!isJoin && change.type !== 'person-known') return;
    // The channel's own key, which all of its members share: the record's is one more for each.
    const own = this.#log.channel(key)?.key ?? key;
    if (isJoin) this.#add(change.uid, own);
    if (change.userId !== undefined) this.#links.are(own, change.uid, change.userId);
  }

  /** The live channels in which a member is linked to this user, in no order. */
  linked(app: string, userId: string): Iterable<ChannelKey> {
    return this.#links.of(app, userId);
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
    this.#links.end(key, uid);
    if (places?.size === 0) this.#places.delete(name);
  }
}

const nameOf = (app: string, uid: number): string => `${app}/${uid}`;
