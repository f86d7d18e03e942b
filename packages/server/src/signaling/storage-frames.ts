import type { MetadataTarget, SignalingLockEvent, SignalingStorage } from '@housecount/protocol';
import type { LockChange } from '../channel/locks.ts';
import type { Metadata } from '../channel/metadata.ts';
import type { SignalingKey } from '../log/contract.ts';
import type { ChannelKey } from './channel-key.ts';
import { lockOf } from './lock-requests.ts';
import { itemsOf } from './storage-requests.ts';

/** A set of metadata, whole, as a frame. */
export function storageText(
  key: SignalingKey,
  event: SignalingStorage['event'],
  { publisher, metadata, serverMs }: { publisher: string; metadata: Metadata; serverMs: number },
): string {
  return JSON.stringify({
    type: 'storage',
    event,
    target: targetOf(key),
    publisher,
    majorRevision: metadata.majorRevision,
    items: itemsOf(metadata),
    serverMs,
  } satisfies SignalingStorage);
}

/** What became of a channel's locks, as a frame. */
export function lockText(
  { channelType, channel }: ChannelKey,
  event: SignalingLockEvent['event'],
  serverMs: number,
): string {
  return JSON.stringify({ type: 'lock', channelType, channel, event, serverMs } satisfies SignalingLockEvent);
}

export const lockEventOf = ({
  event,
  lock,
  by,
}: Extract<LockChange, { type: 'lock-changed' }>): SignalingLockEvent['event'] => ({
  type: event,
  publisher: by,
  ...lockOf(lock),
});

const targetOf = ({ channelType, channel }: SignalingKey): MetadataTarget =>
  channelType === 'USER' ? { userId: channel } : { channelType, channel };
