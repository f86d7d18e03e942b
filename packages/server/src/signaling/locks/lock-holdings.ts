import { type ChannelKey, idOf } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';

/** In which channels each user holds locks: an index over the records, for when they go and come back. */
export class LockHoldings {
  /** By the lock's name, the channel's included. */
  readonly #owners = new Map<string, string>();
  /** By app and user, then by channel: how many. */
  readonly #held = new Map<string, Map<string, { readonly key: ChannelKey; count: number }>>();

  constructor(log: Pick<Channels, 'everyChannel'>) {
    for (const { key, locks } of log.everyChannel())
      for (const { name, owner } of Object.values(locks)) this.#set(key, name, owner);
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'channel' || record.change.type !== 'lock-changed') return;
    const { event, lock } = record.change;
    this.#set(record.key, lock.name, event === 'REMOVED' ? undefined : lock.owner);
  }

  /** The channels in which the user holds a lock, in no order. */
  of(app: string, userId: string): ChannelKey[] {
    return Array.from(this.#held.get(`${app}/${userId}`)?.values() ?? [], ({ key }) => key);
  }

  #set(key: ChannelKey, lock: string, owner: string | undefined): void {
    const name = `${idOf(key)}/${lock}`;
    const before = this.#owners.get(name);
    if (before === owner) return;
    if (before !== undefined) this.#count(key, before, -1);
    if (owner === undefined) this.#owners.delete(name);
    else {
      this.#owners.set(name, owner);
      this.#count(key, owner, 1);
    }
  }

  #count(key: ChannelKey, owner: string, by: 1 | -1): void {
    const user = `${key.app}/${owner}`;
    const name = idOf(key);
    const channels = this.#held.get(user) ?? new Map<string, { key: ChannelKey; count: number }>();
    const held = channels.get(name) ?? { key, count: 0 };
    held.count += by;
    if (held.count > 0) channels.set(name, held);
    else channels.delete(name);
    if (channels.size > 0) this.#held.set(user, channels);
    else this.#held.delete(user);
  }
}
