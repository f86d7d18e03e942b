import type { Log, SignalingKey } from '../../log/contract.ts';
import type { LogRecord } from '../../log/record.ts';
import { signalingKey } from '../../log/world.ts';

/** In which channels each user holds locks: an index over the records, for when they go and come back. */
export class LockHoldings {
  /** By the lock's name, the channel's included. */
  readonly #owners = new Map<string, string>();
  /** By app and user, then by channel: how many. */
  readonly #held = new Map<string, Map<string, { readonly key: SignalingKey; count: number }>>();

  constructor(log: Pick<Log, 'signalingChannels'>) {
    for (const state of log.signalingChannels())
      for (const { name, owner } of Object.values(state.locks)) this.#set(state, name, owner);
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'signaling' || record.change.type !== 'lock-changed') return;
    const { event, lock } = record.change;
    this.#set(record, lock.name, event === 'REMOVED' ? undefined : lock.owner);
  }

  /** The channels in which the user holds a lock, in no order. */
  of(app: string, userId: string): SignalingKey[] {
    return Array.from(this.#held.get(`${app}/${userId}`)?.values() ?? [], ({ key }) => key);
  }

  #set({ app, channelType, channel }: SignalingKey, lock: string, owner: string | undefined): void {
    const key = { app, channelType, channel };
    const name = `${signalingKey(key)}/${lock}`;
    const before = this.#owners.get(name);
    if (before === owner) return;
    if (before !== undefined) this.#count(key, before, -1);
    if (owner === undefined) this.#owners.delete(name);
    else {
      this.#owners.set(name, owner);
      this.#count(key, owner, 1);
    }
  }

  #count(key: SignalingKey, owner: string, by: 1 | -1): void {
    const user = `${key.app}/${owner}`;
    const name = signalingKey(key);
    const channels = this.#held.get(user) ?? new Map<string, { key: SignalingKey; count: number }>();
    const held = channels.get(name) ?? { key, count: 0 };
    held.count += by;
    if (held.count > 0) channels.set(name, held);
    else channels.delete(name);
    if (channels.size > 0) this.#held.set(user, channels);
    else this.#held.delete(user);
  }
}
