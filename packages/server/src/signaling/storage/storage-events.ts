import { isSubscribable } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import { lockIdOf } from '../locks/lock-id.ts';
import type { LockWaiters } from '../locks/lock-waiters.ts';
import { locksBusTopic, storageBusTopic } from '../names/bus-topics.ts';
import { lockEventOf, lockText, storageText } from './storage-frames.ts';

export interface StorageEventsOptions {
  readonly log: Pick<Channels, 'known'>;
  readonly clock: Clock;
  readonly broadcast: Broadcast;
  readonly waiters: LockWaiters;
}

/** Tells those who asked for it what becomes of metadata and locks, and wakes those who wait for locks. */
export class StorageEvents {
  readonly #options: StorageEventsOptions;

  constructor(options: StorageEventsOptions) {
    this.#options = options;
  }

  absorb(record: LogRecord): void {
    if (record.type !== 'channel') return;
    const { log, clock, broadcast, waiters } = this.#options;
    const { key, change } = record;
    const serverMs = clock.nowMs();
    if (change.type === 'metadata-changed') {
      const { metadata } = log.known(key);
      // The whole set is told. If a newer change is on its way already, that one tells it.
      if (metadata.majorRevision > change.majorRevision) return;
      const { majorRevision, author: publisher } = change;
      const now = { publisher, metadata: { ...metadata, majorRevision }, serverMs };
      broadcast.publish(storageBusTopic(key), storageText(key, 'UPDATE', now));
    } else if (change.type === 'lock-changed' && isSubscribable(key)) {
      const { event, lock } = change;
      broadcast.publish(locksBusTopic(key), lockText(key, lockEventOf(change), serverMs));
      const id = lockIdOf(key, lock.name);
      if (event === 'REMOVED') waiters.removed(id);
      else if (lock.owner === undefined) waiters.freed(id);
    }
  }
}
