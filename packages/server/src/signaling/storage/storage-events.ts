import type { Clock } from '../../clock.ts';
import type { Log } from '../../log/contract.ts';
import type { LogRecord } from '../../log/record.ts';
import { signalingKey } from '../../log/world.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import type { LockWaiters } from '../locks/lock-waiters.ts';
import { locksTopic, storageTopic } from '../names/topics.ts';
import { lockEventOf, lockText, storageText } from './storage-frames.ts';

export interface StorageEventsOptions {
  readonly log: Pick<Log, 'signalingState'>;
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
    if (record.type !== 'signaling') return;
    const { log, clock, broadcast, waiters } = this.#options;
    const { change, app, channelType, channel } = record;
    const key = { app, channelType, channel };
    const serverMs = clock.nowMs();
    if (change.type === 'metadata-changed') {
      const { metadata } = log.signalingState(key);
      // The whole set is told. If a newer change is on its way already, that one tells it.
      if (metadata.majorRevision > change.majorRevision) return;
      const { majorRevision, author: publisher } = change;
      const now = { publisher, metadata: { ...metadata, majorRevision }, serverMs };
      broadcast.publish(storageTopic(key), storageText(key, 'UPDATE', now));
    } else if (change.type === 'lock-changed' && channelType !== 'USER') {
      const { event, lock } = change;
      const place = { app, channelType, channel };
      broadcast.publish(locksTopic(place), lockText(place, lockEventOf(change), serverMs));
      const name = `${signalingKey(key)}/${lock.name}`;
      if (event === 'REMOVED') waiters.removed(name);
      else if (lock.owner === undefined) waiters.freed(name);
    }
  }
}
