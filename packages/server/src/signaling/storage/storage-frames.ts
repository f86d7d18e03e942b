import type { MetadataTarget, SignalingLockEvent, SignalingStorage } from '@housecount/protocol';
import { type ChannelKey as AnyChannelKey, isSubscribable } from '../../channel/channel.ts';
import type { LockChange } from '../../channel/parts/locks.ts';
import type { Metadata } from '../../channel/parts/metadata.ts';
import { lockOf } from '../locks/lock-requests.ts';
import { type ChannelKey, placeOf } from '../names/channel-key.ts';
import { itemsOf } from './storage-requests.ts';

/** A set of metadata, whole, as a frame. */
export function storageText(
  key: AnyChannelKey,
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

/** The frame that tells what became of a channel's locks. */
export function lockText(key: ChannelKey, event: SignalingLockEvent['event'], serverMs: number): string {
  return JSON.stringify({ type: 'lock', ...placeOf(key), event, serverMs } satisfies SignalingLockEvent);
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

/** Approximate number of characters, at most, that a set takes as a frame once these items are written by `author`. */
export function storageLength(
  { items: before }: Metadata,
  items: readonly { readonly key: string; readonly value: string }[],
  author: string,
): number {
  let length = frameLength;
  for (const [key, item] of Object.entries(before))
    length += itemLength + key.length + item.value.length + (item.author?.length ?? 0);
  for (const { key, value } of items) length += itemLength + key.length + value.length + author.length;
  return length;
}

/** Approximate characters that a frame has around its items, and an item around its texts. */
const frameLength = 200;
const itemLength = 90;

const targetOf = (key: AnyChannelKey): MetadataTarget =>
  isSubscribable(key) ? placeOf(key) : { userId: key.name };
