import type { Commands } from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';
import type { LockHoldings } from './lock-holdings.ts';

export interface HolderNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly holdings: Pick<LockHoldings, 'of'>;
  /** Resolves when what follows the log has all that is durable by now. */
  readonly presences: { caughtUp(): Promise<void> };
  readonly logger: Pick<Logger, 'warn'>;
}

/** Tells the log whether those who hold locks are there: the locks of who is not run out. */
export class LockHolders {
  readonly #needs: HolderNeeds;

  constructor(needs: HolderNeeds) {
    this.#needs = needs;
  }

  /** The user went offline so long ago, milliseconds, or, with undefined, is back. Resolves when that is durable. */
  async are(app: string, owner: string, offlineMs: number | undefined): Promise<void> {
    const { log, holdings, presences, logger } = this.#needs;
    try {
      // A lock that was had a moment ago is to be among them.
      await presences.caughtUp();
      await Promise.all(
        holdings.of(app, owner).map((key) => log.submit(key, { type: 'lock-holder', owner, offlineMs })),
      );
    } catch (cause) {
      logger.warn('whether the holder of locks is there could not be logged', { cause: String(cause) });
    }
  }
}
