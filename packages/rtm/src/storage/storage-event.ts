import type { SignalingLockEvent, SignalingStorage } from '@housecount/protocol';
import type { LockEvent, StorageEvent } from '../events/events.ts';
import { storageDataOf } from './storage-data.ts';

/** A set of metadata as the event `storage`; of a user, `publisher` is whose it is, for nothing else of the event says that. */
export function storageEventOf({
  event,
  target,
  publisher,
  majorRevision,
  items,
  serverMs,
}: SignalingStorage): StorageEvent {
  const toUser = 'userId' in target;
  return {
    channelType: toUser ? 'USER' : target.channelType,
    channelName: toUser ? '' : target.channel,
    publisher: toUser ? target.userId : publisher,
    storageType: toUser ? 'USER' : 'CHANNEL',
    eventType: event,
    data: storageDataOf(majorRevision, items),
    timestamp: serverMs,
  };
}

/** Words what became of locks as the event `lock`. That a lock ran out is `EXPIRED` for who held it; for others it is free again. */
export function lockEventOf(
  { channelType, channel, event, serverMs }: SignalingLockEvent,
  self: string,
): LockEvent {
  const blank = { channelType, channelName: channel, timestamp: serverMs, snapshot: [] };
  if (event.type === 'SNAPSHOT')
    return {
      ...blank,
      eventType: 'SNAPSHOT',
      lockName: '',
      ttl: 0,
      publisher: '',
      owner: '',
      snapshot: event.locks.map((lock) => ({ ...lock })),
    };
  const { type, publisher, lockName, ttl, owner } = event;
  const eventType = type === 'EXPIRED' && publisher !== self ? 'RELEASED' : type;
  return { ...blank, eventType, lockName, ttl, publisher, owner };
}
