import type { SignalingMetadataItem } from '@housecount/protocol';
import type { StorageData } from '../events/details.ts';

/** A set of metadata as the API has it. */
export function storageDataOf(majorRevision: number, items: readonly SignalingMetadataItem[]): StorageData {
  const metadata = Object.fromEntries(
    items.map(({ key, value, revision, updatedMs = 0, author = '' }) => [
      key,
      { value, revision, updated: updatedMs, authorUid: author },
    ]),
  );
  return { totalCount: items.length, majorRevision, metadata };
}
