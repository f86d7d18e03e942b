import { type ChannelId, type ChannelKey, idOf } from '../../channel/channel.ts';

/** A live channel in which members are linked to one user. */
interface Place {
  readonly key: ChannelKey;
  readonly uids: Set<number>;
}

/** The live channels in which somebody is linked to each user. Of members without a link there is nothing. */
export class PersonLinks {
  /** Places by channel, for each app and user. */
  readonly #places = new Map<string, Map<ChannelId, Place>>();
  /** Users by channel and uid. */
  readonly #users = new Map<string, string>();

  /** The member is linked to this user from now on, and to no other. */
  are(key: ChannelKey, uid: number, userId: string): void {
    const id = idOf(key);
    const member = memberOf(id, uid);
    if (this.#users.get(member) === userId) return;
    this.end(key, uid);
    this.#users.set(member, userId);
    const name = nameOf(key.app, userId);
    const places = this.#places.get(name) ?? new Map<ChannelId, Place>();
    const place = places.get(id) ?? { key, uids: new Set() };
    place.uids.add(uid);
    this.#places.set(name, places.set(id, place));
  }

  /** The member is linked to nobody. */
  end(key: ChannelKey, uid: number): void {
    // Most were not.
    if (this.#users.size === 0) return;
    const id = idOf(key);
    const member = memberOf(id, uid);
    const userId = this.#users.get(member);
    if (userId === undefined) return;
    this.#users.delete(member);
    const name = nameOf(key.app, userId);
    const places = this.#places.get(name);
    const place = places?.get(id);
    if (!places || !place) return;
    place.uids.delete(uid);
    if (place.uids.size > 0) return;
    places.delete(id);
    if (places.size === 0) this.#places.delete(name);
  }

  *of(app: string, userId: string): IterableIterator<ChannelKey> {
    for (const { key } of this.#places.get(nameOf(app, userId))?.values() ?? []) yield key;
  }
}

const nameOf = (app: string, userId: string): string => `${app}/${userId}`;
const memberOf = (id: ChannelId, uid: number): string => `${id}/${uid}`;
