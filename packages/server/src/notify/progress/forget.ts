import type { Kept } from '../../kept/contract.ts';
import type { Logger } from '../../observe/contract.ts';
import type { CursorStore } from './cursor-store.ts';
import { GivenUpJournal } from './given-up-journal.ts';
import { LostEvents } from './lost-events.ts';

interface Places {
  readonly kept: Pick<Kept, 'bytes' | 'value'>;
  readonly cursors: Pick<CursorStore, 'ids' | 'remove'>;
}

/** Durably removes what is kept of an endpoint. The cursor last: while it is there, the next start finds what a crash has left of the others. */
export async function forgetEndpoint(endpointId: string, { kept, cursors }: Places): Promise<void> {
  await GivenUpJournal.remove(kept, endpointId);
  await LostEvents.remove(kept, endpointId);
  await cursors.remove(endpointId);
}

/** Removes what a crash in the middle of a deletion left. */
export async function forgetDeleted(
  isDeleted: (endpointId: string) => boolean,
  { logger, ...places }: Places & { readonly logger: Logger },
): Promise<void> {
  for (const endpoint of places.cursors.ids().filter(isDeleted)) {
    try {
      await forgetEndpoint(endpoint, places);
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
