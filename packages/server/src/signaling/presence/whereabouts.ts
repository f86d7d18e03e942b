import { type ChannelId, type ChannelKey, idOf, isSubscribable } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { ChannelKey as SubscribedKey } from '../names/channel-key.ts';
import { PersonLinks } from './person-links.ts';

/** The channels of one member: nearly everybody is in one, which stands for itself, and needs no map of its own. */
type Places = ChannelKey | Map<ChannelId, ChannelKey>;

/** The channels that each user is in: an index over the records, because the log knows the members of channels only. */
export class Whereabouts {
  /** By app and uid. */
  readonly #apps = new Map<string, Map<number, Places>>();
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
    const places = this.#apps.get(app)?.get(uid);
    if (places instanceof Map) yield* places.values();
    else if (places) yield places;
  }

  /** The signaling channels in which this member is, in no order. */
  *subscriptions(app: string, uid: number): IterableIterator<SubscribedKey> {
    for (const key of this.of(app, uid)) if (isSubscribable(key)) yield key;
  }

  #add(uid: number, key: ChannelKey): void {
    const members = this.#apps.get(key.app) ?? new Map<number, Places>();
    if (members.size === 0) this.#apps.set(key.app, members);
    const places = members.get(uid);
    if (places === undefined) members.set(uid, key);
    else if (places instanceof Map) places.set(idOf(key), key);
    else if (idOf(places) !== idOf(key)) members.set(uid, new Map([places, key].map((of) => [idOf(of), of])));
  }

  #delete(uid: number, key: ChannelKey): void {
    this.#links.end(key, uid);
    const members = this.#apps.get(key.app);
    const places = members?.get(uid);
    if (!members || places === undefined) return;
    if (places instanceof Map) {
      places.delete(idOf(key));
      const [only, ...others] = places.values();
      if (only && others.length === 0) members.set(uid, only);
    } else if (idOf(places) === idOf(key)) members.delete(uid);
    if (members.size === 0) this.#apps.delete(key.app);
  }
}
