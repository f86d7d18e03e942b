import { type ChannelKey, idOf } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import { type LockId, lockIdOf } from './lock-id.ts';

/** The channels in which each user holds locks: an index over the records, for when they go and come back. */
export class LockHoldings {
  readonly #owners = new Map<LockId, string>();
  /** The number of locks held, by app and user, then by channel. */
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

  #set(key: ChannelKey, name: string, owner: string | undefined): void {
    const id = lockIdOf(key, name);
    const before = this.#owners.get(id);
    if (before === owner) return;
    if (before !== undefined) this.#count(key, before, -1);
    if (owner === undefined) this.#owners.delete(id);
    else {
      this.#owners.set(id, owner);
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
