import type { Disk } from '../../engine/disk.ts';
import type { Logger } from '../../observe/contract.ts';
import type { CursorStore } from './cursor-store.ts';
import { GivenUpJournal } from './given-up-journal.ts';
import { LostEvents } from './lost-events.ts';

interface Kept {
  readonly disk: Disk;
  readonly cursors: Pick<CursorStore, 'ids' | 'remove'>;
}

/** Durably removes what is kept of an endpoint. The cursor last: while it is there, the next start finds what a crash has left of the others. */
export async function forgetEndpoint(endpointId: string, { disk, cursors }: Kept): Promise<void> {
  await GivenUpJournal.remove(disk, endpointId);
  await LostEvents.remove(disk, endpointId);
  await cursors.remove(endpointId);
}

/** Removes what a crash in the middle of a deletion left. */
export async function forgetDeleted(
  isDeleted: (endpointId: string) => boolean,
  { logger, ...kept }: Kept & { readonly logger: Logger },
): Promise<void> {
  for (const endpoint of kept.cursors.ids().filter(isDeleted)) {
    try {
      await forgetEndpoint(endpoint, kept);
      logger.info('What was left of a deleted endpoint is removed.', { endpoint });
    } catch (cause) {
      // It hurts nobody; the next start tries again.
      logger.warn('What was left of a deleted endpoint cannot be removed.', {
        endpoint,
        cause: String(cause),
      });
    }
  }
}
